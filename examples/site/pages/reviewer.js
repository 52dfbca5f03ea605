// A reviewer, and all that they published.

import { get } from "../api.js";
import { h, percent } from "../dom.js";
import { select } from "../fields.js";
import { badge, empty, heading, paging, persona, quote, standing, toolLink } from "../parts.js";
import { value, values } from "../query.js";

/** @type {[string, string][]} */
const VERDICTS = [
  ["", "Every verdict"],
  ["ship", "Ship"],
  ["skip", "Skip"],
];

/** @type {import("../types.js").Page} */
export async function page(visit) {
  const { slug = "" } = visit.parameters;
  const { query } = visit;
  const [reviewer, reviews] = await Promise.all([
    get("/api/v1/reviewers/{slug}", { path: { slug } }),
    get("/api/v1/reviews", { query: { reviewer: [slug], verdict: values(query, "verdict"), cursor: value(query, "cursor"), limit: 10 } }),
  ]);
  const { name, lens, motto, record } = reviewer;
  return {
    title: name,
    content: [
      heading(name, lens, [persona(reviewer), reviewer.is_active === false && " No longer reviews"]),
      motto && h("p", { class: "motto" }, `“${motto}”`),
      h("p", { class: "record" }, record.total === 0 ? "No reviews yet." : `Ships ${percent(record.percent)}: ${record.ship} of ${record.total} tools reviewed.`),
      headToHeads(reviewer.head_to_heads),
      h("h2", {}, "Reviews"),
      h("form", { action: `/reviewers/${slug}`, class: "filters" }, select("verdict", "Verdict", VERDICTS, value(query, "verdict"))),
      reviews.results.length === 0 ? empty("No reviews to show.") : reviews.results.map(article),
      paging(reviews, visit),
    ],
  };
}

/** @param {import("../types.js").Schemas["ReviewerHeadToHead"][]} answers */
function headToHeads(answers) {
  if (answers.length === 0) return null;
  return h(
    "section",
    { "aria-labelledby": "choices" },
    h("h2", { id: "choices" }, "Asked to choose"),
    answers.map((answer) => {
      const preferred = answer.tools.find((tool) => tool.slug === answer.prefers);
      return h(
        "article",
        { class: "card review" },
        h("h3", {}, toolLinks(answer.tools)),
        h("p", { class: "answer" }, preferred ? `Would ship ${preferred.name}` : "Sees no difference"),
        quote(answer.quote),
        standing(answer, answer.compared_on),
      );
    }),
  );
}

/** @param {import("../types.js").Schemas["ToolReference"][]} tools */
function toolLinks(tools) {
  return tools.map((tool, at) => [at > 0 && h("span", { class: "versus" }, " vs "), toolLink(tool)]);
}

/** @param {import("../types.js").Schemas["Review"]} review */
function article(review) {
  return h(
    "article",
    { class: "card review" },
    h("h3", {}, toolLink(review.tool), " ", badge(review.verdict)),
    quote(review.quote),
    standing(review, review.reviewed_on),
  );
}
