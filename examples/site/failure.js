// What a page or a form says when the API refuses, is busy, or is out of reach.

import { Refused, Unreachable } from "./api.js";
import { h } from "./dom.js";
import { heading } from "./parts.js";

/**
 * In one sentence, for a line beside a button.
 * @param {unknown} failure
 */
export function sentence(failure) {
  if (failure instanceof Refused) {
    const { retryAfter, problem } = failure;
    if (problem.status === 429) return `That was a lot at once. Try again in ${duration(retryAfter ?? 60)}.`;
    return problem.errors[0]?.detail ?? problem.detail;
  }
  return failure instanceof Error ? failure.message : "Something went wrong.";
}

/**
 * A page in place of the one that failed.
 * @param {unknown} failure
 * @param {() => void} retry
 * @returns {import("./types.js").View}
 */
export function failurePage(failure, retry) {
  const { title, lead, wait } = explained(failure);
  const again = h("button", { type: "button", class: "button", onclick: retry }, "Try again");
  const parts = [heading(title, lead)];
  // What the API does not know it will not know in a minute either.
  const isFinal = failure instanceof Refused && [400, 404].includes(failure.problem.status);
  if (wait !== null && wait <= 3_600) parts.push(countdown(wait, again));
  else if (!isFinal) parts.push(h("p", {}, again));
  parts.push(h("p", {}, h("a", { href: "/" }, "Search all tools")));
  if (failure instanceof Refused) {
    const { code, request_id: requestId } = failure.problem;
    parts.push(h("p", { class: "note" }, `Code ${code}${requestId ? `, request ${requestId}` : ""}`));
  }
  if (failure instanceof Unreachable) addEventListener("online", retry, { once: true });
  return { title, content: h("div", { class: "failure" }, ...parts) };
}

/**
 * @param {unknown} failure
 * @returns {{ title: string, lead: string, wait: number | null }}
 */
function explained(failure) {
  if (failure instanceof Unreachable) {
    return { title: "You seem to be offline", lead: "This page was not opened before, so nothing of it is kept here.", wait: null };
  }
  if (!(failure instanceof Refused)) {
    return { title: "This page is broken", lead: "The fault is ours. Trying again may help.", wait: null };
  }
  const { problem, retryAfter: wait } = failure;
  const detail = problem.errors[0]?.detail ?? problem.detail;
  if (problem.code === "preview_not_found") return { title: "This preview is over", lead: problem.detail, wait: null };
  if (problem.status === 400) return { title: "This address asks for something unknown", lead: detail, wait: null };
  if (problem.status === 404) return { title: "There is no such page", lead: problem.detail, wait: null };
  if (problem.status === 429) return { title: "One moment, please", lead: "Too many requests came from your network.", wait: wait ?? 60 };
  if (problem.status === 503) return { title: "Back in a moment", lead: "The server is busy or being mended.", wait: wait ?? 5 };
  return { title: problem.title, lead: detail, wait };
}

/**
 * Keeps the button shut until the API wants to be asked again.
 * @param {number} seconds
 * @param {HTMLButtonElement} button
 */
function countdown(seconds, button) {
  const said = h("span", { class: "note" });
  const until = Date.now() + seconds * 1_000;
  button.disabled = true;
  const timer = setInterval(tick, 500);
  tick();
  return h("p", { class: "countdown" }, button, " ", said);

  function tick() {
    const left = Math.ceil((until - Date.now()) / 1_000);
    said.textContent = left > 0 ? `in ${duration(left)}` : "";
    if (left > 0) return;
    clearInterval(timer);
    button.disabled = false;
  }
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3_600)} hours`;
}
