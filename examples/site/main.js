// The router: one function a page. All are loaded at once: they are small, and a reader who goes offline has them.

import { Refused, Unreachable, connection } from "./api.js";
import { h, nodes } from "./dom.js";
import { failurePage } from "./failure.js";
import { showLineUp } from "./line-up.js";
import { heading } from "./parts.js";
import { page as compare } from "./pages/compare.js";
import { page as comparison } from "./pages/comparison.js";
import { page as comparisons } from "./pages/comparisons.js";
import { page as confirm } from "./pages/confirm.js";
import { page as data } from "./pages/data.js";
import { page as edition } from "./pages/edition.js";
import { page as editions } from "./pages/editions.js";
import { page as history } from "./pages/history.js";
import { page as home } from "./pages/home.js";
import { page as me } from "./pages/me.js";
import { page as preferences } from "./pages/preferences.js";
import { page as rankings } from "./pages/rankings.js";
import { page as reviewer } from "./pages/reviewer.js";
import { page as reviewers } from "./pages/reviewers.js";
import { page as tool } from "./pages/tool.js";
import { page as unsubscribe } from "./pages/unsubscribe.js";

/** @typedef {import("./types.js").Page} Page */
/** @typedef {import("./types.js").View} View */

const NAME = "AI Tool Verdicts";
const main = /** @type {HTMLElement} */ (document.querySelector("#content"));

/** @type {[RegExp, Page][]} */
const ROUTES = [
  [/^\/$/, home],
  [/^\/comparisons$/, comparisons],
  [/^\/comparisons\/(?<slug>[^/]+)$/, comparison],
  [/^\/comparisons\/(?<slug>[^/]+)\/history$/, history],
  [/^\/tools\/(?<slug>[^/]+)$/, tool],
  [/^\/compare$/, compare],
  [/^\/rankings$/, rankings],
  [/^\/reviewers$/, reviewers],
  [/^\/reviewers\/(?<slug>[^/]+)$/, reviewer],
  [/^\/editions$/, editions],
  [/^\/editions\/(?<slug>[^/]+)$/, edition],
  [/^\/newsletter\/confirm$/, confirm],
  [/^\/newsletter\/preferences$/, preferences],
  [/^\/newsletter\/data$/, data],
  [/^\/newsletter\/unsubscribe$/, unsubscribe],
  [/^\/me$/, me],
];

/** The visits so far: an answer to an earlier one is dropped. */
let visits = 0;

/** @param {{ isFirst?: boolean }} [options] */
async function show({ isFirst = false } = {}) {
  visits += 1;
  const visit = visits;
  const loading = setTimeout(() => main.replaceChildren(skeleton()), isFirst ? 0 : 150);
  main.setAttribute("aria-busy", "true");
  let isFailure = false;
  const view = await load().catch((failure) => {
    isFailure = true;
    // What is neither the API's answer nor the network's is a fault of this site.
    if (!(failure instanceof Refused || failure instanceof Unreachable)) reportError(failure);
    return failurePage(failure, () => void (visit === visits && show()));
  });
  clearTimeout(loading);
  if (visit !== visits) return;
  main.removeAttribute("aria-busy");
  const field = fieldInUse();
  main.replaceChildren(...nodes(view.content));
  document.title = view.title === NAME ? NAME : `${view.title} · ${NAME}`;
  tellMoved(view);
  tellPreview({ isFailure });
  markCurrent();
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) target.scrollIntoView();
  else if (!isFirst) focusable(field ?? "h1").focus({ preventScroll: true });
}

/** @param {string} selector */
function focusable(selector) {
  return /** @type {HTMLElement} */ (main.querySelector(selector) ?? main);
}

/** How to find again the field of a search that was changed, so that a keyboard stays where it is; null if there is none. */
function fieldInUse() {
  const field = document.activeElement;
  const name = field?.getAttribute("name");
  if (!name || !main.contains(field)) return null;
  const value = field instanceof HTMLInputElement && field.type === "checkbox" ? `[value="${CSS.escape(field.value)}"]` : "";
  return `[name="${CSS.escape(name)}"]${value}:not([type="hidden"])`;
}

/** @returns {Promise<View>} */
async function load() {
  const path = location.pathname.replace(/(?<=.)\/$/, "");
  for (const [pattern, page] of ROUTES) {
    const match = pattern.exec(path);
    if (match === null) continue;
    return page({ parameters: decoded(match.groups ?? {}), query: new URLSearchParams(location.search) });
  }
  const title = "There is no such page";
  return { title, content: [heading(title), h("p", {}, h("a", { href: "/" }, "Search all tools"))] };
}

/** @param {Record<string, string>} groups */
function decoded(groups) {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]));
}

/**
 * The API answers an earlier address with a 308 to the present one, and so does the site.
 * @param {View} view
 */
function tellMoved({ canonicalPath }) {
  if (canonicalPath === undefined || canonicalPath === location.pathname) return;
  window.history.replaceState(window.history.state, "", canonicalPath + location.search + location.hash);
  main.prepend(h("p", { class: "moved", role: "status" }, "You came by an earlier address; this is the present one."));
}

/**
 * Drafts are nobody's to vote on, and no search engine's to keep.
 * @param {{ isFailure: boolean }} shown
 */
function tellPreview({ isFailure }) {
  document.querySelector('meta[name="robots"]')?.remove();
  if (!new URLSearchParams(location.search).has("preview")) return;
  document.head.append(h("meta", { name: "robots", content: "noindex, nofollow" }));
  if (isFailure) return;
  for (const ballot of main.querySelectorAll("fieldset.ballot")) ballot.setAttribute("disabled", "");
  main.prepend(h("p", { class: "moved", role: "note" }, "A preview: this is not published yet, and nobody can vote on it."));
}

function markCurrent() {
  for (const link of document.querySelectorAll(".masthead nav a")) {
    const isCurrent = location.pathname.startsWith(link.getAttribute("href") ?? "");
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function skeleton() {
  const bars = ["title", "line", "line", "block", "block"].map((kind) => h("div", { class: `bone ${kind}` }));
  return h("div", { class: "skeleton", role: "status", "aria-label": "Loading" }, bars);
}

/** @param {string} address */
function go(address) {
  const isElsewhere = new URL(address, location.href).pathname !== location.pathname;
  window.history.pushState(null, "", address);
  if (isElsewhere || address.includes("cursor=")) scrollTo(0, 0);
  void show();
}

document.addEventListener("click", (event) => {
  const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!isPlain || event.defaultPrevented || link === null || link.origin !== location.origin || link.target) return;
  // Within the page, the browser knows the way.
  if (link.getAttribute("href")?.startsWith("#")) return;
  event.preventDefault();
  go(link.href);
});
// A form whose `action` is a page of the site is a search: its values become the address.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
  event.preventDefault();
  const search = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value !== "") search.append(name, value);
  }
  go(`${form.getAttribute("action") ?? location.pathname}${search.size ? `?${search}` : ""}`);
});
addEventListener("popstate", () => void show());
connection.addEventListener("change", (event) => tellConnection(event instanceof CustomEvent && event.detail));
addEventListener("offline", () => tellConnection(true));
addEventListener("online", () => tellConnection(false));

/** @param {boolean} isOffline */
function tellConnection(isOffline) {
  const note = /** @type {HTMLElement} */ (document.querySelector("#connection"));
  note.hidden = !isOffline;
  note.textContent = isOffline ? "You are offline. Pages show what was last fetched; votes wait until you are back." : "";
}

showLineUp();
void show({ isFirst: true });
