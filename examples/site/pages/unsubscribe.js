// Where a mail's link to leave leads. Mail scanners open links too, so only the button unsubscribes.

import { send } from "../api.js";
import { h } from "../dom.js";
import { sentence } from "../failure.js";
import { empty, heading } from "../parts.js";
import { credentials, linkToken } from "../subscriber.js";

/** @type {import("../types.js").Page} */
export async function page() {
  const title = "Leave the weekly mail";
  if (linkToken() === null) return { title, content: [heading(title), empty("This link is not whole. Copy all of it from the mail.")] };
  const said = h("p", { class: "said", role: "status" });
  const button = h("button", { type: "button", class: "button", onclick: leave }, "Unsubscribe");
  return { title, content: [heading(title, "It takes this one button."), h("p", {}, button), said] };

  async function leave() {
    try {
      await send("post", "/api/v1/newsletter/unsubscribe", { headers: credentials() });
      button.remove();
      said.textContent = "You are unsubscribed. No mail follows.";
    } catch (failure) {
      said.textContent = sentence(failure);
    }
  }
}
