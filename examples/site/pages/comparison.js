// A comparison: the answer first, then why, then all that it stands on. One call.

import { get } from "../api.js";
import { pickBox, voteBox } from "../ballots.js";
import { counted, day, h, percent } from "../dom.js";
import { badge, comparisonCard, foldedQuote, heading, logo, named, numbers, persona, standing, toolLink } from "../parts.js";
import { values } from "../query.js";
import { signUpBox } from "../sign-up.js";
import { guidanceSection, panelForm, verdictSection } from "./verdict.js";

/** @typedef {import("../types.js").Schemas} Schemas */
/** @typedef {Schemas["Comparison"]} Comparison */

/** @type {import("../types.js").Page} */
export async function page({ parameters: { slug = "" }, query }) {
  const panel = values(query, "panel");
  const [comparison, everyone] = await Promise.all([
    get("/api/v1/comparisons/{slug}", { path: { slug }, query: { panel, include: ["related"], preview: query.get("preview") ?? undefined } }),
    panel.length > 0 ? get("/api/v1/reviewers", { query: { limit: 100 } }) : { results: [] },
  ]);
  const people = panelists(comparison, everyone.results);
  const { tools, title } = comparison;
  const kickers = [...new Set(tools.map((tool) => tool.category.name)), comparison.kind === "computed" && "Compared on the fly"];
  return {
    title,
    canonicalPath: `/comparisons/${comparison.slug}`,
    content: [
      heading(titleOf(tools), null, kickers.filter(Boolean).join(" · ")),
      verdictSection(comparison, people),
      panelForm(comparison, people),
      guidanceSection(comparison),
      comparison.editor_note && h("aside", { class: "editor-note" }, h("h2", {}, "Editor’s note"), h("p", {}, comparison.editor_note)),
      h("section", { class: "pair", "aria-label": "Side by side" }, tools.map(toolColumn)),
      picks(comparison, query.get("pick")),
      scorecard(comparison),
      h(
        "p",
        { class: "note" },
        "Updated ",
        day(comparison.updated_at),
        ". ",
        h("a", { href: `/comparisons/${comparison.slug}/history` }, "How this verdict changed"),
      ),
      (comparison.related ?? []).length > 0 &&
        h("section", { "aria-labelledby": "related" }, h("h2", { id: "related" }, "Also compared"), h("ul", { class: "cards two" }, (comparison.related ?? []).map(comparisonCard))),
      signUpBox(),
    ],
  };
}

/**
 * Those of the scorecard, and those who were asked though they reviewed neither tool.
 * @param {Comparison} comparison
 * @param {{ slug: string, name: string }[]} everyone
 */
function panelists({ scorecard: rows, verdict }, everyone) {
  const reviewers = rows.map((row) => row.reviewer);
  const known = new Set(reviewers.map(({ slug }) => slug));
  return [...reviewers, ...everyone.filter(({ slug }) => verdict.panel_of?.includes(slug) && !known.has(slug))];
}

/** @param {Schemas["ToolSummary"][]} tools */
function titleOf([first, second]) {
  return [h("span", { class: "name" }, first?.name), h("span", { class: "versus" }, " vs "), h("span", { class: "name" }, second?.name)];
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

/**
 * @param {Comparison} comparison
 * @param {string | null} asked
 */
function picks({ slug, tools, picks: { total, shares } }, asked) {
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
    pickBox(slug, tools, asked),
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
function scorecardRow({ reviewer, reviews, agreement, prefers, head_to_head: headToHead }, tools) {
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
    headToHead && choice(headToHead, tools),
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

/**
 * What the reviewer answered when asked to choose.
 * @param {Schemas["HeadToHeadCell"]} answer
 * @param {Schemas["ToolSummary"][]} tools
 */
function choice(answer, tools) {
  const preferred = tools.find((tool) => tool.slug === answer.prefers);
  return h(
    "div",
    { class: "cell choice-cell" },
    h("h4", {}, "Asked to choose: ", preferred ? `would ship ${preferred.name}` : "sees no difference"),
    foldedQuote(answer.quote),
    standing(answer, answer.compared_on),
  );
}
