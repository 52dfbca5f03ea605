// Where the mail leads that lets a subscriber, and nobody to whom a mail was forwarded, export, move and erase.

import { get, send } from "../api.js";
import { h } from "../dom.js";
import { sentence } from "../failure.js";
import { incompleteLink, isOfLink } from "../incomplete-link.js";
import { heading } from "../parts.js";
import { credentials, linkToken } from "../subscriber.js";

/** @type {import("../types.js").Page} */
export async function page() {
  const title = "Your data";
  if (!linkToken()) return incompleteLink(title);
  const kept = await get("/api/v1/newsletter/preferences/export", { headers: credentials() }).catch((failure) => {
    if (isOfLink(failure)) return failure;
    throw failure;
  });
  if (isOfLink(kept)) return incompleteLink(title, kept);
  const said = h("p", { class: "said", role: "status" });
  const sure = h("input", { type: "checkbox", required: true });
  const form = h(
    "form",
    { class: "erase", onsubmit: erase },
    h("label", { class: "choice" }, sure, h("span", {}, "Delete my address and my choices. This cannot be undone.")),
    h("button", { class: "button quiet" }, "Erase me"),
  );
  const address = h("input", { type: "email", required: true, autocomplete: "email" });
  const moving = h(
    "form",
    { class: "move", onsubmit: move },
    h("label", {}, "Move the mail to another address ", address),
    h("button", { class: "button quiet" }, "Mail the link there"),
  );
  const shown = h("details", {}, h("summary", {}, "All that is kept of you, as JSON"), h("pre", { class: "kept", tabindex: "0" }, JSON.stringify(kept, null, 2)));
  return { title, content: [heading(title), shown, moving, form, said] };

  /** @param {SubmitEvent} event */
  async function move(event) {
    event.preventDefault();
    try {
      const { detail } = await send("post", "/api/v1/newsletter/preferences/address", { headers: credentials(), body: { email: address.value } });
      said.textContent = detail;
    } catch (failure) {
      said.textContent = sentence(failure);
    }
  }

  /** @param {SubmitEvent} event */
  async function erase(event) {
    event.preventDefault();
    try {
      await send("delete", "/api/v1/newsletter/preferences", { headers: credentials() });
      form.remove();
      moving.remove();
      shown.remove();
      said.textContent = "You are forgotten.";
    } catch (failure) {
      said.textContent = sentence(failure);
    }
  }
}
