// A reader as a voter: gets a token at the first vote, keeps it, sends it along. For browsers as for Node.js.
import createClient from "openapi-fetch";
import { Refused, answerOf, patientFetch } from "./api.mjs";
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];
type Problem = Schemas["Problem"];

/** Where the token lies; `localStorage` fits but for its names. Both may throw: browsers refuse storage, and it may be full. */
export interface TokenStorage {
  read(): string | null;
  write(token: string | null): void;
}

// Of these alone the token is of no more use. Another 401 says that the request was wrong.
const ENDED = new Set(["invalid_voter_token", "expired_voter_token", "erased_voter"]);

export class Voter {
  readonly #storage: TokenStorage;
  readonly #askTurnstile: (siteKey: string) => Promise<string>;
  readonly #anybody;
  readonly #me;
  #tokenOnItsWay: Promise<string> | null = null;
  /** For as long as the page lives, where storage is refused. */
  #token: string | null = null;

  constructor(options: {
    baseUrl: string;
    storage: TokenStorage;
    /** Shows Cloudflare's widget with the action `create_voter` and gives what it says. */
    askTurnstile: (siteKey: string) => Promise<string>;
  }) {
    this.#storage = options.storage;
    this.#askTurnstile = options.askTurnstile;
    this.#anybody = createClient<paths>({ baseUrl: options.baseUrl, fetch: patientFetch });
    this.#me = createClient<paths>({ baseUrl: options.baseUrl, fetch: (request) => this.#fetchAsMe(request) });
  }

  async vote(slug: string, value: Schemas["CastVoteRequest"]["value"]): Promise<Schemas["Vote"]> {
    return answerOf(await this.#me.PUT("/api/v1/tools/{slug}/vote", { params: { path: { slug } }, body: { value } }));
  }

  async withdrawVote(slug: string): Promise<Schemas["Vote"]> {
    return answerOf(await this.#me.DELETE("/api/v1/tools/{slug}/vote", { params: { path: { slug } } }));
  }

  async pick(slug: string, tool: string): Promise<Schemas["PairPick"]> {
    return answerOf(
      await this.#me.PUT("/api/v1/comparisons/{slug}/pick", { params: { path: { slug } }, body: { tool } }),
    );
  }

  async withdrawPick(slug: string): Promise<Schemas["PairPick"]> {
    return answerOf(await this.#me.DELETE("/api/v1/comparisons/{slug}/pick", { params: { path: { slug } } }));
  }

  /** The latest 100. Who has no token has not voted: to show that takes no token. */
  async votes(): Promise<Schemas["OwnVote"][]> {
    if (this.#read() === null) return [];
    const page = await this.#me.GET("/api/v1/voters/me/votes", { params: { query: { limit: 100 } } });
    return answerOf(page).results;
  }

  async export(): Promise<Schemas["Voter"] | null> {
    if (this.#read() === null) return null;
    return answerOf(await this.#me.GET("/api/v1/voters/me"));
  }

  /** Past recall. A token that is refused is not replaced here: that would erase somebody who was never there. */
  async erase(): Promise<void> {
    const token = this.#read();
    if (token === null) return;
    const { error } = await this.#anybody.DELETE("/api/v1/voters/me", { headers: credentials(token) });
    if (error) throw new Refused(error);
    this.#write(null);
  }

  async #fetchAsMe(request: Request): Promise<Response> {
    const token = this.#read() ?? (await this.#newToken());
    const answer = await patientFetch(withToken(request, token));
    if (answer.status !== 401 || !ENDED.has(((await answer.clone().json()) as Problem).code)) return answer;
    // Expired or erased: from here on this reader is a new voter. Another tab may have seen to that already.
    if (this.#read() === token) this.#write(null);
    return patientFetch(withToken(request, this.#read() ?? (await this.#newToken())));
  }

  #read(): string | null {
    try {
      return this.#storage.read() ?? this.#token;
    } catch {
      return this.#token;
    }
  }

  #write(token: string | null): void {
    this.#token = token;
    try {
      this.#storage.write(token);
    } catch {
      // Kept in memory, then.
    }
  }

  /** One token, however many ask at once. */
  #newToken(): Promise<string> {
    this.#tokenOnItsWay ??= this.#becomeAVoter().finally(() => (this.#tokenOnItsWay = null));
    return this.#tokenOnItsWay;
  }

  async #becomeAVoter(): Promise<string> {
    const challenge = answerOf(await this.#anybody.POST("/api/v1/voters/challenges", { body: {} }));
    const body = await this.#solve(challenge);
    // Should the answer be lost, then the same key gets the same token again.
    const header = { "Idempotency-Key": crypto.randomUUID() };
    const { token } = answerOf(await this.#anybody.POST("/api/v1/voters", { params: { header }, body }));
    this.#write(token);
    return token;
  }

  async #solve({ kind, challenge, difficulty_bits, site_key }: Schemas["Challenge"]): Promise<Schemas["CreateVoterRequest"]> {
    if (kind === "none") return {};
    if (kind === "proof_of_work") return { challenge: challenge!, nonce: await work(challenge!, difficulty_bits!) };
    if (kind === "turnstile") return { turnstile_token: await this.#askTurnstile(site_key!) };
    throw new Error(`This client is too old for the challenge ${String(kind satisfies never)}.`);
  }
}

/** A number that makes SHA-256 of `challenge:number` begin with so many zero bits. Pages stay responsive meanwhile. */
export async function work(challenge: string, bits: number): Promise<string> {
  const encoder = new TextEncoder();
  const isSolution = async (nonce: number): Promise<boolean> => {
    const digest = await crypto.subtle.digest("SHA-256", encoder.encode(`${challenge}:${nonce}`));
    return new DataView(digest).getUint32(0) >>> (32 - bits) === 0;
  };
  for (let first = 0; ; first += 1_000) {
    const found = await Promise.all(Array.from({ length: 1_000 }, (_, offset) => isSolution(first + offset)));
    if (found.includes(true)) return String(first + found.indexOf(true));
  }
}

function withToken(request: Request, token: string): Request {
  const mine = request.clone();
  mine.headers.set("Authorization", credentials(token).Authorization);
  return mine;
}

function credentials(token: string): { Authorization: string } {
  return { Authorization: `Voter ${token}` };
}
