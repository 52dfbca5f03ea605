// One edition of the weekly mail.

import { get } from "../api.js";
import { day, fromHtml, h, outwardLink } from "../dom.js";
import { heading, named } from "../parts.js";
import { signUpBox } from "../sign-up.js";

const KIND = {
  comparison: "New comparison",
  verdict: "A verdict turned",
  review: "New review",
  crowd: "The crowd moved",
  correction: "Correction",
};

/** @type {import("../types.js").Page} */
export async function page({ parameters: { slug = "" } }) {
  const edition = await get("/api/v1/newsletter/editions/{slug}", { path: { slug } });
  return {
    title: edition.subject,
    content: [
      heading(edition.subject, null, [day(edition.sent_at), ` · ${edition.slug}`]),
      h("div", { class: "intro" }, fromHtml(edition.intro_html)),
      edition.editor && h("p", { class: "note" }, `— ${edition.editor}`),
      h(
        "ul",
        { class: "edition" },
        edition.items.map((item) =>
          h(
            "li",
            { class: "card" },
            h("p", { class: "kicker" }, named(KIND, item.kind)),
            h("h2", {}, link(item)),
            h("p", { class: "answer" }, item.mark),
            item.detail && h("p", {}, item.detail),
            item.quote && h("blockquote", { class: "quote" }, h("p", {}, item.quote)),
          ),
        ),
      ),
      h("p", {}, h("a", { href: "/editions" }, "All editions")),
      signUpBox(),
    ],
  };
}

/** @type {Record<string, string>} */
const PATHS = { tool: "/tools", comparison: "/comparisons" };

/** @param {import("../types.js").Schemas["EditionItem"]} item */
function link({ about, title, url }) {
  const path = PATHS[about.kind];
  return path ? h("a", { href: `${path}/${about.slug}` }, title) : outwardLink(url, title);
}
