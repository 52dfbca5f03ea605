// The first page: the latest answers, and the search over all tools.

import { get } from "../api.js";
import { counted, h } from "../dom.js";
import { checkboxes, select } from "../fields.js";
import { compareButton } from "../line-up.js";
import { comparisonCard, empty, heading, paging, toolCard } from "../parts.js";
import { value, values } from "../query.js";
import { signUpBox } from "../sign-up.js";

/** @type {[string, string][]} */
const SORTS = [
  ["", "Best match"],
  ["-published_at", "Newest"],
  ["-panel", "Panel, best first"],
  ["-community", "Community, best first"],
  ["-votes", "Most votes"],
  ["name", "Name"],
];

/** @type {import("../types.js").Page} */
export async function page(visit) {
  const { query } = visit;
  const isSearch = query.size > 0;
  /** @type {import("../types.js").QueryOf<"/api/v1/tools">} */
  const asked = {
    q: value(query, "q"),
    category: values(query, "category"),
    entry: values(query, "entry"),
    call: values(query, "call"),
    sort: value(query, "sort"),
    cursor: value(query, "cursor"),
    include: isSearch ? ["facets", "count"] : ["facets"],
    limit: 12,
  };
  const [tools, latest] = await Promise.all([
    get("/api/v1/tools", { query: asked }),
    isSearch ? null : get("/api/v1/comparisons", { query: { limit: 3 } }),
  ]);
  return {
    title: isSearch ? "Search" : "AI Tool Verdicts",
    content: [
      hero(query),
      latest && latest.results.length > 0 && latestVerdicts(latest.results),
      h(
        "section",
        { class: "search", "aria-labelledby": "tools" },
        facets(tools.facets, query),
        h(
          "div",
          {},
          h(
            "div",
            { class: "results-bar" },
            h("h2", { id: "tools" }, tools.count === undefined ? "All tools" : `${counted(tools.count, "tool")} found`),
            h("form", { action: "/" }, keep(query, "sort"), select("sort", "Sort", SORTS, value(query, "sort"))),
          ),
          results(tools.results),
          paging(tools, visit),
        ),
      ),
      signUpBox(),
    ],
  };
}

/** @param {URLSearchParams} query */
function hero(query) {
  return h(
    "div",
    { class: "hero" },
    heading("Which one should you ship with?", "AI tools side by side: what the panel says, what readers say, and why."),
    h(
      "form",
      { action: "/", role: "search", class: "search-box" },
      keep(query, "q"),
      h("label", { class: "visually-hidden", for: "q" }, "Search tools"),
      h("input", { id: "q", name: "q", type: "search", value: query.get("q"), placeholder: "Search tools", autocomplete: "off" }),
      h("button", { class: "button" }, "Search"),
    ),
  );
}

/** @param {import("../types.js").Schemas["ComparisonListItem"][]} comparisons */
function latestVerdicts(comparisons) {
  return h(
    "section",
    { "aria-labelledby": "latest" },
    h("div", { class: "results-bar" }, h("h2", { id: "latest" }, "Latest verdicts"), h("a", { href: "/comparisons" }, "All comparisons")),
    h("ul", { class: "cards three" }, comparisons.map(comparisonCard)),
  );
}

/**
 * @param {import("../types.js").Schemas["Facets"] | undefined} counts
 * @param {URLSearchParams} query
 */
function facets(counts, query) {
  if (counts === undefined) return null;
  const groups = [
    checkboxes("category", "Category", counts.category, values(query, "category")),
    checkboxes("call", "The panel says", counts.call, values(query, "call")),
    checkboxes("entry", "Entry price", counts.entry, values(query, "entry")),
  ];
  const narrowed = ["category", "call", "entry"].flatMap((name) => values(query, name)).length;
  const everything = query.has("q") ? `/?${new URLSearchParams({ q: query.get("q") ?? "" })}` : "/";
  // Open where there is room for it; on a phone the results come first.
  return h(
    "details",
    { class: "filters-toggle", open: matchMedia("(min-width: 52rem)").matches },
    h("summary", { class: "button quiet" }, narrowed > 0 ? `Filters (${narrowed})` : "Filters"),
    h(
      "form",
      { action: "/", class: "facets", "aria-label": "Narrow down" },
      keep(query, "category", "call", "entry"),
      groups,
      narrowed > 0 && h("a", { href: everything }, "Clear filters"),
    ),
  );
}

/**
 * What the address says besides, so that one form leaves alone what another one said; a new question begins at its first page.
 * @param {URLSearchParams} query
 * @param {string[]} own the form's own names
 */
function keep(query, ...own) {
  return [...query]
    .filter(([name]) => !own.includes(name) && name !== "cursor")
    .map(([name, said]) => h("input", { type: "hidden", name, value: said }));
}

/** @param {import("../types.js").Schemas["ToolListItem"][]} tools */
function results(tools) {
  if (tools.length === 0) return empty("No tool fits all of this.", h("a", { href: "/" }, "Start over"));
  return h("ul", { class: "cards two" }, tools.map((tool) => toolCard(tool, h("p", { class: "card-action" }, compareButton(tool)))));
}
