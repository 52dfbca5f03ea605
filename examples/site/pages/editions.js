// The archive of the weekly mail.

import { get } from "../api.js";
import { counted, day, h } from "../dom.js";
import { empty, heading, paging } from "../parts.js";
import { value } from "../query.js";
import { signUpBox } from "../sign-up.js";

/** @type {import("../types.js").Page} */
export async function page(visit) {
  const editions = await get("/api/v1/newsletter/editions", { query: { cursor: value(visit.query, "cursor") } });
  return {
    title: "The weekly mail",
    content: [
      heading("The weekly mail", "What changed, week by week, as readers of every topic got it."),
      editions.results.length === 0 && empty("No edition has been sent yet."),
      h(
        "ul",
        { class: "cards two" },
        editions.results.map((edition) =>
          h(
            "li",
            { class: "card" },
            h("p", { class: "kicker" }, day(edition.sent_at), ` · ${edition.slug}`),
            h("h2", {}, h("a", { href: `/editions/${edition.slug}` }, edition.subject)),
            h("p", { class: "note" }, counted(edition.item_count, "item")),
          ),
        ),
      ),
      paging(editions, visit),
      signUpBox(),
    ],
  };
}
