// A reader as a voter: gets a token at the first vote, keeps it, sends it along.

import { Refused, get, send } from "./api.js";
import * as storage from "./storage.js";

/** @typedef {import("./types.js").Schemas} Schemas */
/** @typedef {Schemas["CastVoteRequest"]["value"]} Value */

const TOKEN = "voter_token";
// Of these alone the token is of no more use. Another 401 says that the request was wrong.
const ENDED = new Set(["invalid_voter_token", "expired_voter_token", "erased_voter"]);
const NOT_SOLVED = new Set(["challenge_failed", "challenge_spent", "challenge_required"]);

/** @type {Promise<string> | null} */
let tokenOnItsWay = null;
/** @type {Promise<Schemas["CreateVoterRequest"]> | null} */
let solutionOnItsWay = null;
/** @type {Promise<unknown>} What one voter sends goes one at a time: two changes at once may end in either order. */
let lastSent = Promise.resolve();
/** @type {Promise<Own> | null} */
let own = null;

/** @typedef {{ votes: Map<string, Value>, picks: Map<string, string> }} Own by a tool's slug, and by both slugs of a pair */

/** What this reader said; nothing, and nothing is asked, where they have no token. */
export function ownBallots() {
  own ??= readOwn().catch((failure) => {
    own = null;
    throw failure;
  });
  return own;
}

/**
 * @param {string} slug
 * @param {Value | null} value null withdraws the vote
 */
export async function vote(slug, value) {
  const path = "/api/v1/tools/{slug}/vote";
  const answer = await asVoter((headers) =>
    value === null
      ? send("delete", path, { path: { slug }, headers })
      : send("put", path, { path: { slug }, body: { value }, headers }),
  );
  remember((await ownBallots()).votes, slug, answer.value);
  return answer;
}

/**
 * @param {string} slug of the comparison
 * @param {string[]} tools the slugs of both
 * @param {string | null} tool null withdraws the pick
 */
export async function pick(slug, tools, tool) {
  const path = "/api/v1/comparisons/{slug}/pick";
  const answer = await asVoter((headers) =>
    tool === null
      ? send("delete", path, { path: { slug }, headers })
      : send("put", path, { path: { slug }, body: { tool }, headers }),
  );
  remember((await ownBallots()).picks, pairKey(tools), answer.tool);
  return answer;
}

/** @param {string[]} tools the slugs of a pair */
export function pairKey(tools) {
  return [...tools].sort().join(" ");
}

/** What the API keeps of this reader; null without a token. */
export async function kept() {
  const token = storage.read(TOKEN);
  return token === null ? null : get("/api/v1/voters/me", { headers: credentials(token) });
}

/** Past recall. A token that is refused is not replaced here: that would erase a voter who never was. */
export async function erase() {
  const token = storage.read(TOKEN);
  if (token !== null) await send("delete", "/api/v1/voters/me", { headers: credentials(token) });
  forget();
}

/** Begin what a token costs before the reader presses a button: it may take the machine some seconds. */
export function prepare() {
  if (storage.read(TOKEN) === null) solutionOnItsWay ??= solution();
  solutionOnItsWay?.catch(() => (solutionOnItsWay = null));
}

/**
 * @template Result
 * @param {(headers: Record<string, string>) => Promise<Result>} ask
 * @returns {Promise<Result>}
 */
function asVoter(ask) {
  const sent = lastSent.then(async () => {
    const token = storage.read(TOKEN) ?? (await newToken());
    try {
      return await ask(credentials(token));
    } catch (failure) {
      if (!hasEnded(failure)) throw failure;
      // Expired or erased: from here on this reader is a new voter. Another tab may have seen to that already.
      if (storage.read(TOKEN) === token) forget();
      return ask(credentials(storage.read(TOKEN) ?? (await newToken())));
    }
  });
  lastSent = sent.catch(() => null);
  return sent;
}

/** One token, however many ask at once. */
function newToken() {
  tokenOnItsWay ??= becomeVoter().finally(() => (tokenOnItsWay = null));
  return tokenOnItsWay;
}

async function becomeVoter() {
  const prepared = solutionOnItsWay;
  solutionOnItsWay = null;
  try {
    return await exchange(await (prepared ?? solution()));
  } catch (failure) {
    // A solution that was prepared may be too old by now.
    if (!(failure instanceof Refused && NOT_SOLVED.has(failure.problem.code))) throw failure;
    return exchange(await solution());
  }
}

/** @param {Schemas["CreateVoterRequest"]} body */
async function exchange(body) {
  // Should the answer be lost, then the same key gets the same token again.
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  const { token } = await send("post", "/api/v1/voters", { body, headers });
  storage.write(TOKEN, token);
  return token;
}

/** @returns {Promise<Schemas["CreateVoterRequest"]>} */
async function solution() {
  const { kind, challenge, difficulty_bits: bits } = await send("post", "/api/v1/voters/challenges", { body: {} });
  if (kind === "none") return {};
  if (kind === "proof_of_work" && challenge !== null && bits !== null) return { challenge, nonce: await work(challenge, bits) };
  throw new Error("This site does not know how to pass the check that votes need at present.");
}

/**
 * A number that makes SHA-256 of `challenge:number` begin with so many zero bits; the page stays responsive meanwhile.
 * @param {string} challenge
 * @param {number} bits
 */
async function work(challenge, bits) {
  const encoder = new TextEncoder();
  const isSolution = async (/** @type {number} */ nonce) => {
    const digest = await crypto.subtle.digest("SHA-256", encoder.encode(`${challenge}:${nonce}`));
    return new DataView(digest).getUint32(0) >>> (32 - bits) === 0;
  };
  for (let first = 0; ; first += 1_000) {
    const found = await Promise.all(Array.from({ length: 1_000 }, (_, offset) => isSolution(first + offset)));
    if (found.includes(true)) return String(first + found.indexOf(true));
  }
}

/** @returns {Promise<Own>} */
async function readOwn() {
  const token = storage.read(TOKEN);
  if (token === null) return { votes: new Map(), picks: new Map() };
  const options = { query: { limit: 100 }, headers: credentials(token) };
  const [votes, picks] = await Promise.all([
    get("/api/v1/voters/me/votes", options),
    get("/api/v1/voters/me/picks", options),
  ]).catch((failure) => {
    if (!hasEnded(failure)) throw failure;
    storage.write(TOKEN, null);
    return [{ results: [] }, { results: [] }];
  });
  return {
    votes: new Map(votes.results.flatMap(({ tool, value }) => (value ? [[tool.slug, value]] : []))),
    picks: new Map(picks.results.map(({ tools, tool }) => [pairKey(tools.map((each) => each.slug)), tool.slug])),
  };
}

/** @param {unknown} failure */
function hasEnded(failure) {
  return failure instanceof Refused && ENDED.has(failure.problem.code);
}

function forget() {
  storage.write(TOKEN, null);
  own = null;
}

/**
 * @template Said
 * @param {Map<string, Said>} said
 * @param {string} key
 * @param {Said | null} value
 */
function remember(said, key, value) {
  if (value === null) said.delete(key);
  else said.set(key, value);
}

/** @param {string} token */
function credentials(token) {
  return { Authorization: `Voter ${token}` };
}
