// The panel.

import { get } from "../api.js";
import { h, percent } from "../dom.js";
import { heading, paging, persona } from "../parts.js";
import { value } from "../query.js";

/** @type {import("../types.js").Page} */
export async function page(visit) {
  const reviewers = await get("/api/v1/reviewers", { query: { cursor: value(visit.query, "cursor") } });
  return {
    title: "Reviewers",
    content: [
      heading("The panel", "Each looks at a tool through one lens, and says ship or skip."),
      h("ul", { class: "cards two" }, reviewers.results.map(reviewerCard)),
      paging(reviewers, visit),
    ],
  };
}

/** @param {import("../types.js").Schemas["Reviewer"]} reviewer */
function reviewerCard(reviewer) {
  const { slug, name, lens, is_active: isActive, record } = reviewer;
  return h(
    "li",
    { class: "card reviewer-card" },
    h("h2", {}, h("a", { href: `/reviewers/${slug}` }, name)),
    persona(reviewer),
    isActive === false && h("span", { class: "kind" }, "No longer reviews"),
    h("p", { class: "lens" }, lens),
    h("p", { class: "note" }, record.total === 0 ? "No reviews yet" : `Ships ${percent(record.percent)} of ${record.total} reviewed`),
  );
}
