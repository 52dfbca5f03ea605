// What the API keeps of this reader, and the way to have it erased.

import { day, h } from "../dom.js";
import { sentence } from "../failure.js";
import { badge, empty, heading, toolLink } from "../parts.js";
import * as storage from "../storage.js";
import { erase, kept } from "../voter.js";

/** @type {import("../types.js").Page} */
export async function page() {
  const voter = await kept();
  const votes = voter?.votes ?? [];
  const picks = voter?.picks ?? [];
  return {
    title: "Your votes",
    content: [
      heading("Your votes", "Kept under a token in this browser: no name, no address."),
      !storage.isLasting() && h("p", { class: "note" }, "Your browser keeps nothing for this site: the token is gone when you close the page."),
      votes.length + picks.length === 0 && empty("You have not voted yet.", h("a", { href: "/" }, "Find a tool")),
      votes.length > 0 && h("h2", {}, "Votes"),
      h("ul", { class: "own" }, votes.map(({ tool, value, updated_at: at }) => h("li", {}, toolLink(tool), " ", value === null ? "withdrawn" : badge(value), " ", day(at)))),
      picks.length > 0 && h("h2", {}, "Picks"),
      h("ul", { class: "own" }, picks.map(({ tools, tool, updated_at: at }) => h("li", {}, tools.map(({ name }) => name).join(" vs "), ": ", tool === null ? "withdrawn" : h("strong", {}, tool.name), " ", day(at)))),
      voter && erasure(),
    ],
  };
}

function erasure() {
  const said = h("p", { class: "said", role: "status" });
  const sure = h("input", { type: "checkbox", required: true });
  const form = h("form", { onsubmit: confirmed }, h("label", { class: "choice" }, sure, h("span", {}, "Erase all of this. It cannot be undone.")), h("button", { class: "button quiet" }, "Erase my votes"));
  return h("section", { class: "erase", "aria-label": "Erase" }, form, said);

  /** @param {SubmitEvent} event */
  async function confirmed(event) {
    event.preventDefault();
    try {
      await erase();
      form.remove();
      said.textContent = "Erased. The public numbers follow.";
    } catch (failure) {
      said.textContent = sentence(failure);
    }
  }
}
