// How a comparison's verdict changed, and why.

import { get } from "../api.js";
import { day, h } from "../dom.js";
import { empty, heading, headline, howDecided, named, paging } from "../parts.js";
import { value } from "../query.js";

const CAUSE = {
  first: "First verdict",
  panel: "The panel moved",
  head_to_head: "A reviewer chose",
  votes: "Votes moved it",
  picks: "Picks moved it",
  rule: "The rule changed",
};

/** @type {import("../types.js").Page} */
export async function page(visit) {
  const { slug = "" } = visit.parameters;
  const path = { slug };
  const [{ slug: present, tools, title }, changes] = await Promise.all([
    get("/api/v1/comparisons/{slug}", { path, query: { fields: ["slug", "title", "tools"] } }),
    get("/api/v1/comparisons/{slug}/history", { path, query: { cursor: value(visit.query, "cursor") } }),
  ]);
  return {
    title: `History of ${title}`,
    canonicalPath: `/comparisons/${present}/history`,
    content: [
      heading("How the verdict changed", h("a", { href: `/comparisons/${present}` }, title)),
      changes.results.length === 0 && empty("Nothing is recorded of this verdict yet."),
      h(
        "ol",
        { class: "timeline" },
        changes.results.map((change) =>
          h(
            "li",
            {},
            h("p", { class: "kicker" }, day(change.changed_at), ` · ${named(CAUSE, change.cause)}`),
            h("h2", { class: "answer", "data-outcome": change.after.outcome }, headline(change.after, tools)),
            h("p", {}, change.detail),
            h("p", { class: "note" }, howDecided(change.after), change.before && ` · before: ${headline(change.before, tools)}`, ` · rule ${change.after.rule}`),
          ),
        ),
      ),
      paging(changes, visit),
    ],
  };
}
