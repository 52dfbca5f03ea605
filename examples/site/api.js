// Every request of the site: typed by openapi.yaml, patient where the API says when to come back, readable offline.

/** @typedef {import("./types.js").paths} paths */
/** @typedef {import("./types.js").Method} Method */
/** @typedef {import("./types.js").Problem} Problem */

const base = document.querySelector('meta[name="api"]')?.getAttribute("content") ?? "";
const TRIES = 3;
const LONGEST_WAIT_SECONDS = 3;

/** Says, as the event `change`, when answers begin or cease to come from the cache; `detail` is whether they do. */
export const connection = new EventTarget();

/** What the API refused: `problem.code` is for programs, the message for people. */
export class Refused extends Error {
  /**
   * @param {Problem} problem
   * @param {number | null} retryAfter seconds
   */
  constructor(problem, retryAfter) {
    super(problem.detail);
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/** The API was not reached, and the cache knows nothing of the address. */
export class Unreachable extends Error {}

/**
 * @template {keyof paths & import("./types.js").PathsWith<"get">} P
 * @param {P} path
 * @param {import("./types.js").Options<import("./types.js").Operation<P, "get">>} options
 * @returns {Promise<import("./types.js").Answer<import("./types.js").Operation<P, "get">>>}
 */
export function get(path, options) {
  return send("get", path, options);
}

/**
 * @template {Method} M
 * @template {keyof paths & import("./types.js").PathsWith<M>} P
 * @param {M} method
 * @param {P} path
 * @param {import("./types.js").Options<import("./types.js").Operation<P, M>>} options
 * @returns {Promise<import("./types.js").Answer<import("./types.js").Operation<P, M>>>}
 */
export async function send(method, path, options) {
  const { body, headers } = options;
  const request = new Request(addressOf(path, options), {
    method: method.toUpperCase(),
    headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const response = await patientFetch(request);
  if (response.status === 204) return /** @type {any} */ (undefined);
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  throw new Refused(answer ?? unreadable(response), secondsToWait(response));
}

/**
 * @param {string} path
 * @param {{ path?: unknown, query?: unknown }} options
 */
function addressOf(path, { path: slugs, query }) {
  const filled = Object.entries(slugs ?? {}).reduce(
    (address, [name, value]) => address.replace(`{${name}}`, encodeURIComponent(value)),
    path,
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    const values = Array.isArray(value) ? value.join(",") : value;
    if (values !== undefined && values !== "") search.set(name, String(values));
  }
  return `${base}${filled}${search.size ? `?${search}` : ""}`;
}

/**
 * Asks again where the API says that it won't take long. All that the site sends may be sent twice.
 * @param {Request} request
 */
async function patientFetch(request) {
  for (let tries = 1; ; tries += 1) {
    const response = await fetchOrCached(request);
    const wait = secondsToWait(response);
    if (tries === TRIES || wait === null || wait > LONGEST_WAIT_SECONDS) return response;
    await new Promise((resolve) => setTimeout(resolve, wait * 1_000));
  }
}

/**
 * The browser keeps public answers and revalidates them by ETag. Offline, it gives what it kept, however old.
 * @param {Request} request
 */
async function fetchOrCached(request) {
  try {
    const response = await fetch(request.clone());
    tellConnection(!navigator.onLine);
    return response;
  } catch {
    const isPublic = request.method === "GET" && !request.headers.has("Authorization");
    const kept = isPublic ? await fetch(request.clone(), { cache: "force-cache" }).catch(() => null) : null;
    tellConnection(true);
    if (kept === null) throw new Unreachable("The server can’t be reached.");
    return kept;
  }
}

/** @param {boolean} isOffline */
function tellConnection(isOffline) {
  connection.dispatchEvent(new CustomEvent("change", { detail: isOffline }));
}

/** @param {Response} response */
function secondsToWait(response) {
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : null;
}

/**
 * What did not come from the API, such as a proxy's page of an error, as the API would say it.
 * @param {Response} response
 * @returns {Problem}
 */
function unreadable({ status, url }) {
  const detail = "The answer could not be read.";
  return { type: "about:blank", title: detail, status, detail, code: "unreadable", instance: url, request_id: "", errors: [] };
}
