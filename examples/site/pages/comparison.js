// A comparison: the answer first, then why, then all that it stands on. One call.

import { get } from "../api.js";
import { pickBox, voteBox } from "../ballots.js";
import { counted, day, h, percent } from "../dom.js";
import { badge, foldedQuote, heading, headline, howDecided, logo, named, numbers, persona, standing, toolLink } from "../parts.js";
import { signUpBox } from "../sign-up.js";

/** @typedef {import("../types.js").Schemas} Schemas */
/** @typedef {Schemas["Comparison"]} Comparison */

/** @type {import("../types.js").Page} */
export async function page({ parameters: { slug = "" } }) {
  const comparison = await get("/api/v1/comparisons/{slug}", { path: { slug } });
  const { tools, title } = comparison;
  const kickers = [...new Set(tools.map((tool) => tool.category.name)), comparison.kind === "computed" && "Compared on the fly"];
  return {
    title,
    canonicalPath: `/comparisons/${comparison.slug}`,
    content: [
      heading(titleOf(tools), null, kickers.filter(Boolean).join(" · ")),
      verdict(comparison),
      comparison.editor_note && h("aside", { class: "editor-note" }, h("h2", {}, "Editor’s note"), h("p", {}, comparison.editor_note)),
      h("section", { class: "pair", "aria-label": "Side by side" }, tools.map(toolColumn)),
      picks(comparison),
      scorecard(comparison),
      h(
        "p",
        { class: "note" },
        "Updated ",
        day(comparison.updated_at),
        ". ",
        h("a", { href: `/comparisons/${comparison.slug}/history` }, "How this verdict changed"),
      ),
      signUpBox(),
    ],
  };
}

/** @param {Schemas["ToolSummary"][]} tools */
function titleOf([first, second]) {
  return [h("span", { class: "name" }, first?.name), h("span", { class: "versus" }, " vs "), h("span", { class: "name" }, second?.name)];
}

/** @param {Comparison} comparison */
function verdict({ verdict, tools, scorecard, pricing_read: pricing }) {
  const [why, ...others] = verdict.reasons;
  return h(
    "section",
    { class: "verdict", "data-outcome": verdict.outcome, "aria-labelledby": "verdict" },
    h(
      "div",
      { class: "because" },
      h("p", { class: "kicker" }, "The verdict"),
      h("h2", { id: "verdict" }, headline(verdict, tools)),
      why && h("p", { class: "why" }, why.detail),
      h(
        "p",
        { class: "marks" },
        h("span", { class: "mark" }, howDecided(verdict)),
        verdict.margin > 0 && h("span", { class: "mark" }, `Margin ${verdict.margin} points`),
        verdict.contested && h("span", { class: "mark contested" }, "Contested by the community"),
      ),
    ),
    h(
      "div",
      { class: "because" },
      h("h3", {}, "Also weighed"),
      h(
        "ul",
        { class: "reasons" },
        others.map((reason) => reasonItem(reason, tools)),
        verdict.reasons.every((reason) => reason.detail !== pricing.note) && h("li", {}, pricing.note),
      ),
      dissent(verdict, scorecard),
      h("p", { class: "note" }, `By rule ${verdict.rule}. Price never decides.`),
    ),
  );
}

/**
 * @param {Schemas["Reason"]} reason
 * @param {Schemas["ToolSummary"][]} tools
 */
function reasonItem({ detail, favors }, tools) {
  const favored = tools.find((tool) => tool.slug === favors);
  return h("li", {}, detail, favored && [" ", h("span", { class: "favors" }, `for ${favored.name}`)]);
}

/**
 * @param {Schemas["Verdict"]} verdict
 * @param {Schemas["ScorecardRow"][]} scorecard
 */
function dissent({ dissent, outcome }, scorecard) {
  if (dissent.length === 0) return null;
  const rows = dissent.map((slug) => scorecard.find((row) => row.reviewer.slug === slug)?.reviewer ?? { slug, name: slug });
  const people = rows.map((reviewer, at) => [at > 0 && ", ", h("a", { href: `/reviewers/${reviewer.slug}` }, reviewer.name)]);
  return h("p", { class: "dissent" }, h("strong", {}, outcome === "winner" ? "Dissent: " : "Split: "), people);
}

/** @param {Schemas["ToolSummary"]} tool */
function toolColumn(tool) {
  return h(
    "article",
    { class: "card tool-column" },
    h("p", { class: "kicker" }, tool.category.name),
    h("div", { class: "name-line" }, logo(tool), h("h2", {}, toolLink(tool)), badge(tool.panel.call)),
    h("p", { class: "tagline" }, tool.tagline),
    numbers(tool),
    h("p", { class: "description" }, tool.description),
    tool.pricing.note && h("p", { class: "note" }, `Price: ${tool.pricing.note}`),
    voteBox(tool),
  );
}

/** @param {Comparison} comparison */
function picks({ slug, tools, picks: { total, shares } }) {
  return h(
    "section",
    { class: "picks", "aria-labelledby": "picks" },
    h("h2", { id: "picks" }, "What readers pick"),
    total === 0
      ? h("p", {}, "Nobody has picked yet.")
      : h(
          "ul",
          { class: "shares" },
          tools.map((tool, at) => h("li", {}, h("strong", {}, percent(shares[at] ?? null)), ` ${tool.name}`)),
          h("li", { class: "note" }, `of ${counted(total, "pick")}`),
        ),
    pickBox(slug, tools),
  );
}

const AGREEMENT = { both_ship: "Ships both", both_skip: "Skips both", split: "Split", one_sided: "Reviewed one" };

/** @param {Comparison} comparison */
function scorecard({ scorecard: rows, tools }) {
  return h(
    "section",
    { class: "scorecard", "aria-labelledby": "scorecard" },
    h("h2", { id: "scorecard" }, "Reviewer scorecard"),
    rows.length === 0 && h("p", { class: "empty" }, "No reviewer has published on either tool yet."),
    rows.map((row) => scorecardRow(row, tools)),
  );
}

/**
 * @param {Schemas["ScorecardRow"]} row
 * @param {Schemas["ToolSummary"][]} tools
 */
function scorecardRow({ reviewer, reviews, agreement, prefers }, tools) {
  const preferred = tools.find((tool) => tool.slug === prefers);
  return h(
    "article",
    { class: "card row" },
    h(
      "header",
      {},
      h("h3", {}, h("a", { href: `/reviewers/${reviewer.slug}` }, reviewer.name)),
      persona(reviewer),
      reviewer.lens && h("p", { class: "lens" }, reviewer.lens),
      h("p", { class: "agreement" }, preferred ? `Prefers ${preferred.name}` : named(AGREEMENT, agreement)),
    ),
    tools.map((tool, at) => cell(tool, reviews[at] ?? null)),
  );
}

/**
 * @param {Schemas["ToolSummary"]} tool
 * @param {Schemas["ReviewCell"] | null} review
 */
function cell(tool, review) {
  if (review === null) {
    return h("div", { class: "cell is-empty" }, h("h4", {}, tool.name), h("p", { class: "note" }, "— Not reviewed"));
  }
  return h(
    "div",
    { class: "cell" },
    h("h4", {}, tool.name, " ", badge(review.verdict)),
    foldedQuote(review.quote),
    standing(review, review.reviewed_on),
  );
}
