// Where a mail's link to leave leads. Mail scanners open links too, so only the button unsubscribes.

import { send } from "../api.js";
import { h } from "../dom.js";
import { sentence } from "../failure.js";
import { freshLinksBox, incompleteLink, isOfLink, linkSentence } from "../incomplete-link.js";
import { heading } from "../parts.js";
import { signUpBox } from "../sign-up.js";
import { credentials, linkToken } from "../subscriber.js";

/** @type {import("../types.js").Page} */
export async function page() {
  const title = "Leave the mail";
  if (!linkToken()) return incompleteLink(title);
  const said = h("p", { class: "said", role: "status" });
  const button = h("button", { type: "button", class: "button", onclick: leave }, "Unsubscribe");
  const lead = "It takes this one button. If the mail only comes too often: the other link at its end makes it a mail a month.";
  return { title, content: [heading(title, lead), h("p", {}, button), said] };

  async function leave() {
    try {
      await send("post", "/api/v1/newsletter/unsubscribe", { headers: credentials() });
      button.remove();
      said.textContent = "You are unsubscribed. No mail follows to the address that got this link. Was it a mistake? Sign up again here.";
      said.after(signUpBox());
    } catch (failure) {
      said.textContent = isOfLink(failure) ? linkSentence(failure) : sentence(failure);
      if (isOfLink(failure)) button.replaceWith(freshLinksBox());
    }
  }
}
