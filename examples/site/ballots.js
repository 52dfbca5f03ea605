// Voting on a tool and picking of a pair. The reader's own answer is shown at once; public numbers move in steps, apart from it.

import { Refused } from "./api.js";
import { counted, h } from "./dom.js";
import { sentence } from "./failure.js";
import * as storage from "./storage.js";
import { ownBallots, pairKey, pick, prepare, vote } from "./voter.js";

/** @typedef {{ slug: string, name: string }} Tool */

const FORGETFUL = " Your browser keeps nothing for this site: you can change this until you close the page.";

/**
 * Two buttons and what became of them.
 * @param {Tool & { status?: string }} tool
 */
export function voteBox({ slug, name, status }) {
  if (status === "archived") return h("p", { class: "note" }, "This tool is archived: votes are closed.");
  return ballot({
    question: `Would you ship ${name}?`,
    answers: [
      { value: "ship", label: "Ship it" },
      { value: "skip", label: "Skip it" },
    ],
    own: async () => (await ownBallots()).votes.get(slug) ?? null,
    cast: async (value) => {
      const { value: said, tally } = await vote(slug, value === null || value === "ship" || value === "skip" ? value : null);
      return { said, counts: publicCount(counted(tally.total, "vote"), tally.as_of) };
    },
    words: (value) => `You said ${value}.`,
  });
}

/**
 * @param {string} slug of the comparison
 * @param {Tool[]} tools
 * @param {string | null} asked the tool of the mail's link that led here; only a press picks, since mail scanners open links
 */
export function pickBox(slug, tools, asked = null) {
  const slugs = tools.map((tool) => tool.slug);
  return ballot({
    question: "Which of the two would you ship with?",
    answers: tools.map((tool) => ({ value: tool.slug, label: tool.name })),
    own: async () => (await ownBallots()).picks.get(pairKey(slugs)) ?? null,
    cast: async (value) => {
      const { tool, tally } = await pick(slug, slugs, value);
      return { said: tool, counts: publicCount(counted(tally.total, "pick"), tally.as_of) };
    },
    words: (value) => `You picked ${tools.find((tool) => tool.slug === value)?.name ?? value}.`,
    asked,
  });
}

/**
 * @param {object} ballot
 * @param {string} ballot.question
 * @param {{ value: string, label: string }[]} ballot.answers
 * @param {() => Promise<string | null>} ballot.own
 * @param {(value: string | null) => Promise<{ said: string | null, counts: string }>} ballot.cast null withdraws
 * @param {(value: string) => string} ballot.words
 * @param {string | null} [ballot.asked]
 */
function ballot({ question, answers, own, cast, words, asked = null }) {
  const meant = answers.find(({ value }) => value === asked);
  const hint = meant ? `Press ${meant.label} to pick it.` : "";
  const said = h("p", { class: "said", role: "status" }, hint);
  const buttons = answers.map(({ value, label }) =>
    h("button", { type: "button", class: "button choice-button", value, "aria-pressed": "false", onclick: () => choose(value) }, label),
  );
  const withdraw = h("button", { type: "button", class: "link", hidden: true, onclick: () => choose(null) }, "Withdraw");
  const group = h("div", { class: "choices" }, buttons, withdraw);
  const box = h("fieldset", { class: "ballot", onpointerenter: prepare, onfocusin: prepare }, h("legend", {}, question), group, said);
  own().then(show, () => null);
  return box;

  /** @param {string | null} value */
  function show(value) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.value === value));
    withdraw.hidden = value === null;
    if (value !== null && said.textContent === hint) said.textContent = words(value);
  }

  /** @param {string | null} value */
  async function choose(value) {
    for (const button of buttons) button.disabled = true;
    said.textContent = "Counting you …";
    try {
      const answer = await cast(value);
      const own = answer.said === null ? "Withdrawn." : words(answer.said);
      said.textContent = `${own} ${answer.counts}${storage.isLasting() ? "" : FORGETFUL}`;
      show(answer.said);
    } catch (failure) {
      said.textContent = sentence(failure);
      if (failure instanceof Refused && failure.problem.code === "tool_archived") group.remove();
    }
    for (const button of buttons) button.disabled = false;
  }
}

/**
 * @param {string} count
 * @param {string | null} moment when these numbers became public
 */
function publicCount(count, moment) {
  const shown = moment && new Date(moment).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
  return `Public so far: ${count}${shown ? `, as of ${shown}` : ""}. Public numbers move in steps.`;
}
