// All published comparisons.

import { get } from "../api.js";
import { h } from "../dom.js";
import { select } from "../fields.js";
import { comparisonCard, empty, heading, paging } from "../parts.js";
import { value, values } from "../query.js";

/** @type {[string, string][]} */
const SORTS = [
  ["", "Newest"],
  ["-pick_count", "Most picked"],
  ["-panel_crowd_gap", "Panel and crowd furthest apart"],
];
/** @type {[string, string][]} */
const OUTCOMES = [
  ["", "Any verdict"],
  ["winner", "One to ship"],
  ["tie", "Level"],
  ["insufficient", "Too few reviews"],
];

/** @type {import("../types.js").Page} */
export async function page(visit) {
  const { query } = visit;
  /** @type {import("../types.js").QueryOf<"/api/v1/comparisons">} */
  const asked = {
    q: value(query, "q"),
    category: values(query, "category"),
    tool: values(query, "tool"),
    outcome: values(query, "outcome"),
    sort: value(query, "sort"),
    cursor: value(query, "cursor"),
  };
  const [comparisons, categories] = await Promise.all([
    get("/api/v1/comparisons", { query: asked }),
    get("/api/v1/categories", { query: { limit: 100 } }),
  ]);
  /** @type {[string, string][]} */
  const topics = [["", "Every category"], ...categories.results.map(({ slug, name }) => /** @type {[string, string]} */ ([slug, name]))];
  return {
    title: "Comparisons",
    content: [
      heading("Comparisons", "Two tools at a time, and which one to ship with."),
      h(
        "form",
        { action: "/comparisons", class: "filters", role: "search" },
        h("label", { class: "field" }, h("span", {}, "Words"), h("input", { name: "q", type: "search", value: query.get("q") })),
        select("category", "Category", topics, value(query, "category")),
        select("outcome", "Verdict", OUTCOMES, value(query, "outcome")),
        select("sort", "Sort", SORTS, value(query, "sort")),
      ),
      comparisons.results.length === 0
        ? empty("No comparison fits all of this.", h("a", { href: "/comparisons" }, "Start over"))
        : h("ul", { class: "cards two" }, comparisons.results.map(comparisonCard)),
      paging(comparisons, visit),
    ],
  };
}
