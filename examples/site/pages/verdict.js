// The answer of a comparison: what to ship, why, who dissents, and when the other one is right.

import { h, outwardLink } from "../dom.js";
import { howDecided } from "../parts.js";

/** @typedef {import("../types.js").Schemas} Schemas */
/** @typedef {Schemas["Comparison"]} Comparison */
/** @typedef {{ slug: string, name: string }} Named */

/** @param {Comparison} comparison */
export function verdictSection({ verdict, tools, scorecard, pricing_read: pricing }) {
  const people = scorecard.map((row) => row.reviewer);
  return h(
    "section",
    { class: "verdict", "data-outcome": verdict.outcome, "aria-labelledby": "verdict" },
    h(
      "div",
      { class: "because" },
      h("p", { class: "kicker" }, "The verdict"),
      h("h2", { id: "verdict" }, verdict.summary),
      h(
        "p",
        { class: "marks" },
        h("span", { class: "mark" }, howDecided(verdict)),
        verdict.margin > 0 && h("span", { class: "mark" }, `Margin ${verdict.margin}`),
        verdict.contested && h("span", { class: "mark contested" }, "Contested by the community"),
      ),
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
      h("p", { class: "note" }, `By rule ${verdict.rule}. Price never decides.`),
    ),
  );
}

/**
 * @param {Schemas["Reason"]} reason
 * @param {Named[]} tools
 */
function reasonItem({ detail, favors }, tools) {
  const favored = tools.find((tool) => tool.slug === favors);
  return h("li", {}, detail, favored && [" ", h("span", { class: "favors" }, `for ${favored.name}`)]);
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
 * @param {string[]} slugs
 * @param {Named[]} all
 */
function namesOf(slugs, all) {
  return new Intl.ListFormat("en", { type: "conjunction" }).format(slugs.map((slug) => all.find((each) => each.slug === slug)?.name ?? slug));
}
