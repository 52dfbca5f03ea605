// The answer of a comparison: what to ship, why, when the other one, who dissents, and what would change it.

import { counted, h, outwardLink } from "../dom.js";
import { headline, howDecided, named } from "../parts.js";

/** @typedef {import("../types.js").Schemas} Schemas */
/** @typedef {Schemas["Comparison"]} Comparison */
/** @typedef {{ slug: string, name: string }} Named */

/**
 * @param {Comparison} comparison
 * @param {Named[]} people the reviewers whom the answer may name
 */
export function verdictSection({ verdict, tools, pricing_read: pricing, whole_panel_verdict: whole }, people) {
  return h(
    "section",
    { class: "verdict", "data-outcome": verdict.outcome, "aria-labelledby": "verdict" },
    h(
      "div",
      { class: "because" },
      h("p", { class: "kicker" }, verdict.panel_of === null ? "The verdict" : `The verdict of ${namesOf(verdict.panel_of, people)}`),
      h("h2", { id: "verdict" }, headline(verdict, tools)),
      h("p", { class: "why" }, verdict.summary),
      h(
        "p",
        { class: "marks" },
        h("span", { class: "mark" }, howDecided(verdict)),
        lead(verdict),
        verdict.contested && h("span", { class: "mark contested" }, "Contested"),
      ),
      whole && h("p", { class: "note" }, `The whole panel: ${headline(whole, tools)}.`),
    ),
    h(
      "div",
      { class: "because" },
      h("h3", {}, "Why"),
      h(
        "ul",
        { class: "reasons" },
        verdict.reasons.map((reason) => reasonItem(reason, tools)),
        verdict.reasons.every((reason) => reason.detail !== pricing.note) && h("li", {}, pricing.note),
      ),
      dissent(verdict, people),
      flips(verdict.flip, tools, people),
      h("p", { class: "note" }, `By rule ${verdict.rule}. Price never decides.`),
    ),
  );
}

const AMONG = {
  panel: "reviewers of both",
  community: "voters",
  head_to_head: "reviewers who chose",
  picks: "readers who chose",
};

/**
 * By how much the winner is ahead, and among whom.
 * @param {{ margin: number, decided_by: string | null }} verdict
 */
function lead({ margin, decided_by: by }) {
  return by !== null && margin > 0 && h("span", { class: "note" }, `Ahead by ${counted(margin, "percentage point")} among ${named(AMONG, by)}`);
}

/**
 * @param {Schemas["Reason"]} reason
 * @param {Named[]} tools
 */
function reasonItem({ detail, favors }, tools) {
  const favored = tools.find((tool) => tool.slug === favors);
  return h("li", {}, detail, favored && [" ", h("span", { class: "favors" }, `favors ${favored.name}`)]);
}

/**
 * @param {Schemas["Verdict"]} verdict
 * @param {Named[]} people
 */
function dissent({ dissent, outcome }, people) {
  if (dissent.length === 0) return null;
  const links = dissent.map((slug, at) => [at > 0 && ", ", h("a", { href: `/reviewers/${slug}` }, namesOf([slug], people))]);
  return h("p", { class: "dissent" }, h("strong", {}, outcome === "winner" ? "Dissent: " : "Split: "), links);
}

/**
 * What would change the answer; folded, since few ask.
 * @param {Schemas["Flip"][]} changes
 * @param {Named[]} tools
 * @param {Named[]} people
 */
function flips(changes, tools, people) {
  if (changes.length === 0) return null;
  return h(
    "details",
    {},
    h("summary", {}, "What would change it"),
    h("ul", { class: "reasons" }, changes.map((change) => h("li", {}, flipSentence(change, tools, people)))),
  );
}

/**
 * @param {Schemas["Flip"]} change
 * @param {Named[]} tools
 * @param {Named[]} people
 */
function flipSentence(change, tools, people) {
  const { kind, tool, to, count, reviewers } = change;
  const name = tool === null ? "" : namesOf([tool], tools);
  const someone = reviewers.length > 0 ? someOf(reviewers, count, people) : counted(count, "more reviewer");
  /** @type {Record<string, string>} */
  const sentences = {
    review: `If ${someone} would ${to} ${name}`,
    head_to_head: tool === null ? `If ${someone} saw no difference, asked to choose` : `If ${someone} would ship ${name}, asked to choose`,
    votes: `If ${counted(count, "more reader")} voted to ${to} ${name}`,
    picks: `If ${counted(count, "more reader")} picked ${name}`,
  };
  return `${sentences[kind] ?? "If that changed"}: ${headline(change, tools)}.`;
}

/**
 * Any `count` of the reviewers, together.
 * @param {string[]} reviewers
 * @param {number} count
 * @param {Named[]} people
 */
function someOf(reviewers, count, people) {
  const names = namesOf(reviewers, people);
  if (reviewers.length === count) return count === 1 ? names : `${names} together`;
  return count === 1 ? `one of ${names}` : `any ${count} of ${names} together`;
}

/**
 * When each of the two is the right one.
 * @param {Comparison} comparison
 */
export function guidanceSection({ guidance, tools }) {
  const helpful = guidance.filter(({ when }) => when.length > 0);
  if (helpful.length === 0) return null;
  return h(
    "section",
    { class: "guidance", "aria-label": "When to choose which" },
    helpful.map(({ tool, when }) =>
      h(
        "div",
        { class: "card" },
        h("h2", {}, `Choose ${namesOf([tool], tools)} if …`),
        h(
          "ul",
          {},
          when.map(({ condition, note, evidence }) =>
            h(
              "li",
              {},
              h("strong", {}, condition.name),
              note && h("p", { class: "note" }, note, evidence.map((address, at) => [" ", outwardLink(address, `[${at + 1}]`)])),
            ),
          ),
        ),
      ),
    ),
  );
}

/**
 * The question put to some of the panel alone.
 * @param {Comparison} comparison
 * @param {Named[]} people
 */
export function panelForm({ slug, verdict }, people) {
  if (people.length < 2) return null;
  const asked = verdict.panel_of ?? [];
  return h(
    "form",
    { action: `/comparisons/${slug}`, class: "filters panel-form" },
    h(
      "fieldset",
      { class: "facet" },
      h("legend", {}, "Whom do you trust? Ask them alone:"),
      people.map(({ slug: value, name }) =>
        h("label", { class: "choice" }, h("input", { type: "checkbox", name: "panel", value, checked: asked.includes(value), onchange: submit }), h("span", {}, name)),
      ),
    ),
  );
}

/** @param {Event} event */
function submit({ target }) {
  if (target instanceof HTMLInputElement) target.form?.requestSubmit();
}

/**
 * @param {string[]} slugs
 * @param {Named[]} all
 */
function namesOf(slugs, all) {
  return new Intl.ListFormat("en", { type: "conjunction" }).format(slugs.map((slug) => all.find((each) => each.slug === slug)?.name ?? slug));
}
