// A line-up: two to five tools, each against each.

import { get } from "../api.js";
import { counted, h, percent } from "../dom.js";
import { badge, empty, entryPrice, heading, headline, howDecided, toolLink } from "../parts.js";
import { values } from "../query.js";

/** @typedef {import("../types.js").Schemas} Schemas */

/** @type {import("../types.js").Page} */
export async function page({ query }) {
  const slugs = values(query, "tools");
  if (slugs.length < 2) {
    return { title: "Line-up", content: [heading("Line-up"), empty("Choose two to five tools.", h("a", { href: "/" }, "Search tools"))] };
  }
  const { tools, pairs, order, cycles } = await get("/api/v1/compare", { query: { tools: slugs } });
  const bySlug = new Map(tools.map((tool) => [tool.slug, tool]));
  return {
    title: `Line-up of ${tools.length} tools`,
    content: [
      heading(`Line-up of ${tools.length} tools`, "Each against each, by the same rule as every comparison."),
      standings(order, bySlug),
      cycles.length > 0 && h("p", { class: "note" }, "Some beat each other in a circle, so they share a rank: ", cycles.map((circle) => circle.map((slug) => bySlug.get(slug)?.name ?? slug).join(", ")).join("; "), "."),
      h("h2", {}, "Pair by pair"),
      h("ul", { class: "cards two" }, pairs.map((pair) => pairCard(pair, tools))),
    ],
  };
}

/**
 * @param {Schemas["Standing"][]} order
 * @param {Map<string, Schemas["ToolSummary"]>} bySlug
 */
function standings(order, bySlug) {
  const head = ["Rank", "Tool", "Panel", "Community", "Entry", "Won", "Lost", "Level"];
  const rows = order.map(({ rank, slug, wins, losses, ties }) => {
    const tool = bySlug.get(slug);
    if (tool === undefined) return null;
    const cells = [percent(tool.community.percent), entryPrice(tool.pricing.entry), wins, losses, ties];
    return h(
      "tr",
      {},
      h("td", { class: "rank" }, rank),
      h("th", { scope: "row" }, toolLink(tool), tool.status === "archived" && h("p", { class: "note" }, "Archived")),
      h("td", {}, badge(tool.panel.call), ` ${percent(tool.panel.percent)}`),
      cells.map((cell) => h("td", {}, cell)),
    );
  });
  return h(
    "div",
    { class: "table", role: "region", "aria-label": "Standings", tabindex: "0" },
    h("table", {}, h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows)),
  );
}

/**
 * @param {Schemas["LineupPair"]} pair
 * @param {Schemas["ToolSummary"][]} tools
 */
function pairCard({ slug, tools: pair, verdict }, tools) {
  const names = pair.map((each) => tools.find((tool) => tool.slug === each)?.name ?? each);
  return h(
    "li",
    { class: "card comparison-card" },
    h("h3", {}, h("a", { href: `/comparisons/${slug}` }, names.join(" vs "))),
    h("p", { class: "answer", "data-outcome": verdict.outcome }, headline(verdict, tools)),
    h("p", { class: "note" }, howDecided(verdict), verdict.dissent.length > 0 && ` · ${counted(verdict.dissent.length, "dissenter")}`),
  );
}
