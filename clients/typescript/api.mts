// The API as openapi-fetch has it, patient and thrifty: it waits as `Retry-After` says, and what has not changed comes from memory.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Problem = components["schemas"]["Problem"];
type Fetch = (request: Request) => Promise<Response>;

const TRIES = 3;
const LONGEST_WAIT_SECONDS = 10;
const MOST_KEPT = 500;

/** What the API refused. `problem.code` is for programs, the message for people. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** Each operation by its path; answers are `{ data }` or `{ error }`, which is the problem. */
export function createApi(options: { baseUrl: string }) {
  return createClient<paths>({ baseUrl: options.baseUrl, fetch: revalidating(patientFetch) });
}

/** The answer of an operation. Throws Refused where there is none. */
export function answerOf<Answer>({ data, error }: { data?: Answer; error?: Problem }): Answer {
  if (data === undefined) throw new Refused(error!);
  return data;
}

/** Waits and asks again where the API says when to, or was not reached. Send POSTs with an `Idempotency-Key`. */
export async function patientFetch(request: Request): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(request.clone()).catch((failure: Error) => failure);
    const wait = answer instanceof Error ? 1 : Number(answer.headers.get("Retry-After") ?? Infinity);
    if (tries === TRIES || !(wait <= LONGEST_WAIT_SECONDS)) {
      if (answer instanceof Error) throw answer;
      return answer;
    }
    await new Promise((resolve) => setTimeout(resolve, wait * 1_000));
  }
}

/** Sends the ETag of an earlier answer and gives that answer again on a 304, which costs nothing of a limit. */
export function revalidating(next: Fetch): Fetch {
  const kept = new Map<string, { etag: string; answer: Response }>();
  return async (request) => {
    if (request.method !== "GET" || request.headers.has("Authorization")) return next(request);
    const earlier = kept.get(request.url);
    const asked = request.clone();
    if (earlier) asked.headers.set("If-None-Match", earlier.etag);
    const answer = await next(asked);
    if (answer.status === 304 && earlier) return earlier.answer.clone();
    const etag = answer.headers.get("ETag");
    if (answer.ok && etag) {
      kept.delete(request.url);
      kept.set(request.url, { etag, answer: answer.clone() });
      if (kept.size > MOST_KEPT) kept.delete([...kept.keys()][0]!);
    }
    return answer;
  };
}
