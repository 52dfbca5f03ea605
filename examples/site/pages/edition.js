// One edition of the weekly mail.

import { get } from "../api.js";
import { day, h, outwardLink } from "../dom.js";
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
      heading(edition.subject, edition.intro, [day(edition.sent_at), ` · ${edition.slug}`]),
      h(
        "ul",
        { class: "edition" },
        edition.items.map((item) =>
          h(
            "li",
            { class: "card" },
            h("p", { class: "kicker" }, named(KIND, item.kind)),
            h("h2", {}, link(item.url, item.title)),
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

/**
 * Items lead to pages of this site where it is the one that the operators named.
 * @param {string} address
 * @param {string} text
 */
function link(address, text) {
  const isOurs = URL.canParse(address) && new URL(address).origin === location.origin;
  return isOurs ? h("a", { href: address }, text) : outwardLink(address, text);
}
