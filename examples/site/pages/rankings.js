// Rankings by panel or by crowd.

import { get } from "../api.js";
import { h, percent } from "../dom.js";
import { select } from "../fields.js";
import { badge, empty, heading, paging, toolLink } from "../parts.js";
import { value, values } from "../query.js";

/** @type {[string, string][]} */
const BY = [
  ["panel", "The panel"],
  ["crowd", "The community"],
];

/** @type {import("../types.js").Page} */
export async function page(visit) {
  const { query } = visit;
  const [ranking, categories] = await Promise.all([
    get("/api/v1/rankings", { query: { by: value(query, "by"), category: values(query, "category"), cursor: value(query, "cursor") } }),
    get("/api/v1/categories", { query: { limit: 100 } }),
  ]);
  /** @type {[string, string][]} */
  const topics = [["", "Every category"], ...categories.results.map(({ slug, name }) => /** @type {[string, string]} */ ([slug, name]))];
  return {
    title: "Rankings",
    content: [
      heading("Rankings", ranking.formula.text),
      h(
        "form",
        { action: "/rankings", class: "filters" },
        select("by", "Ranked by", BY, value(query, "by") ?? "panel"),
        select("category", "Category", topics, value(query, "category")),
      ),
      ranking.results.length === 0 ? empty("Nothing to rank yet.") : h("ol", { class: "ranking" }, ranking.results.map(item)),
      paging(ranking, visit),
    ],
  };
}

/**
 * Tools that can’t be told apart share their ranks.
 * @param {import("../types.js").Schemas["RankingItem"]} item
 */
function item({ rank, last_rank: last, tool }) {
  const { panel, community } = tool;
  return h(
    "li",
    { class: "card" },
    h("span", { class: "rank" }, rank === last ? rank : `${rank}–${last}`),
    h("div", {}, h("h2", {}, toolLink(tool)), h("p", { class: "note" }, tool.tagline)),
    badge(panel.call),
    h("dl", { class: "pairs" }, h("div", {}, h("dt", {}, "Panel"), h("dd", {}, `${percent(panel.percent)} (${panel.ship} of ${panel.total})`)), h("div", {}, h("dt", {}, "Community"), h("dd", {}, community.total === 0 ? "—" : `${percent(community.percent)} of ${community.total}`))),
  );
}
