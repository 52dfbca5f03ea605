// Becomes a voter, votes, picks, reads what became of it, checks the published days, and is forgotten:
//   node build/vote.mjs http://127.0.0.1:8000
import assert from "node:assert/strict";
import { Refused, createApi, revalidating } from "./api.mjs";
import type { components } from "./schema.js";
import { Voter } from "./voter.mjs";

type TallyDay = components["schemas"]["TallyDay"];

const [baseUrl = "http://127.0.0.1:8000", also] = process.argv.slice(2);
const TOOL = "cursor-1-0-background-agent-project-memory";
// The other way round than it is kept: the API answers 308, and fetch follows with body and token.
const PAIR = "llama-4-scout-quantized-vs-claude-files-api";

const api = createApi({ baseUrl });
let token: string | null = null;
const voter = new Voter({
  baseUrl,
  storage: { read: () => token, write: (given) => (token = given) },
  askTurnstile: () => Promise.reject(new Error("There is no widget in a terminal.")),
});

const began = performance.now();
const first = await voter.vote(TOOL, "ship");
console.log(`Voted ${first.value} within ${Math.round(performance.now() - began)} ms, getting a token included`);
const changed = await voter.vote(TOOL, "skip");
assert.equal(changed.created_at, first.created_at);
console.log(`Changed to ${changed.value}; the public tally says ${changed.tally.ship} to ${changed.tally.skip}`);
const picked = await voter.pick(PAIR, "llama-4-scout-quantized");
console.log(`Picked ${picked.tool}; the public shares are ${picked.tally.shares.map((share) => share ?? "—").join(" to ")}`);
for (const vote of await voter.votes()) console.log(`  My vote on ${vote.tool.name}: ${vote.value}`);

await assert.rejects(voter.vote("nobody", "ship"), hasCode("tool_not_found"));
// @ts-expect-error A value that the contract does not name must not compile.
await assert.rejects(voter.vote(TOOL, "maybe"), hasCode("validation_error"));

const { data: tally } = await api.GET("/api/v1/tools/{slug}/tally", { params: { path: { slug: TOOL } } });
assert(tally);
const interval = tally.interval && `${Math.round(tally.interval.low * 100)} to ${Math.round(tally.interval.high * 100)} %`;
console.log(`Tally: ${tally.percent ?? "—"} % ship (${interval ?? "no votes"}), ${tally.call ?? "no call"}`);

const statuses: number[] = [];
const thrifty = revalidating(async (request) => {
  const answer = await fetch(request);
  statuses.push(answer.status);
  return answer;
});
const categories = async () => (await thrifty(new Request(`${baseUrl}/api/v1/categories`))).text();
assert.equal(await categories(), await categories());
assert.deepEqual(statuses, [200, 304]);
console.log("Asked twice for the categories: the second answer came from memory");

const days = await timeline(TOOL);
assert.equal(await firstBrokenDay(days), null);
assert.equal(await firstBrokenDay(days.map((day) => ({ ...day, ship: day.ship + 1 }))), days[0]!.day_on);
console.log(`Timeline: the digests of ${days.length} days hold together; the last is ${days.at(-1)!.digest}`);

const kept = await voter.export();
console.log(`Kept of me: ${kept!.votes.length} vote, ${kept!.picks.length} pick, assurance ${kept!.assurance}`);
await voter.withdrawVote(TOOL);
await voter.withdrawPick(PAIR);
const spent = token!;
await voter.erase();
const { error } = await api.GET("/api/v1/voters/me", { headers: { Authorization: `Voter ${spent}` } });
assert.equal(error?.code, "erased_voter");
console.log(`Erased; the token is refused: ${error.code}`);

// A token that is refused is replaced once, unasked.
token = spent;
await voter.vote(TOOL, "ship");
assert.notEqual(token, spent);
await voter.erase();

if (also === "without-storage") {
  const refused = (): never => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  };
  const guest = new Voter({ baseUrl, storage: { read: refused, write: refused }, askTurnstile: refused });
  await guest.vote(TOOL, "ship");
  assert.equal((await guest.votes()).length, 1);
  await guest.erase();
  console.log("Voted without storage, by a token that lasts as long as the page");
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Refused && error.problem.code === code;
}

/** Oldest first, as the chain of digests runs. */
async function timeline(slug: string): Promise<TallyDay[]> {
  const days: TallyDay[] = [];
  let next: string | null = `${baseUrl}/api/v1/tools/${slug}/tally/timeline?limit=100`;
  while (next) {
    const page: components["schemas"]["TallyDayPage"] = await (await fetch(next)).json();
    days.unshift(...page.results.reverse());
    next = page.next;
  }
  return days;
}

/** The day from which on something was altered, or null. Keep the last digest: only that shows a chain made anew. */
async function firstBrokenDay(days: TallyDay[]): Promise<string | null> {
  let previous = "";
  for (const day of days) {
    const { subject, day_on, ship, skip, pending, quarantined, rejected, ruleset } = day;
    const line = [previous, subject, day_on, ship, skip, pending, quarantined, rejected, ruleset].join("|");
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(line));
    previous = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (previous !== day.digest) return day_on;
  }
  return null;
}
