// What is said where a mail's link does not work, in words that no programmer needs to explain, and the way on.

import { Refused, send } from "./api.js";
import { h } from "./dom.js";
import { sentence } from "./failure.js";
import { empty, heading } from "./parts.js";
import { signUpBox } from "./sign-up.js";

const INCOMPLETE =
  "This link is incomplete. A part of it is missing, or was changed on its way. Mail programs sometimes break a link in two: copy the whole of it from the mail into the address bar.";
/** @type {Record<string, string>} */
const WORDS = {
  owner_link_needed: "This link does not work any more. It was good for 24 hours, or is not the one that was mailed for this.",
  erased_subscriber: "Nothing is kept of you. What we had of this address is deleted.",
};
// The link is at fault, whichever of these the API answers.
const CODES = new Set(["not_authenticated", "wrong_scheme", "invalid_subscriber_token", "validation_error", "unknown_confirmation", ...Object.keys(WORDS)]);

/**
 * Whether a refusal says that the link is not whole, or not the right one.
 * @param {unknown} failure
 * @returns {failure is Refused}
 */
export function isOfLink(failure) {
  return failure instanceof Refused && CODES.has(failure.problem.code);
}

/**
 * @param {unknown} [failure] none: the address holds no token
 */
export function linkSentence(failure) {
  return (failure instanceof Refused && WORDS[failure.problem.code]) || INCOMPLETE;
}

/**
 * A page in place of the one that the link should have opened.
 * @param {string} title
 * @param {unknown} [failure]
 * @returns {import("./types.js").View}
 */
export function incompleteLink(title, failure) {
  const isErased = failure instanceof Refused && failure.problem.code === "erased_subscriber";
  return { title, content: [heading(title), empty(linkSentence(failure)), isErased ? signUpBox() : freshLinksBox()] };
}

/** Mails a reader fresh links; the answer is the same for every address. */
export function freshLinksBox() {
  const said = h("p", { class: "said", role: "status" });
  const field = h("input", { type: "email", name: "email", required: true, autocomplete: "email", placeholder: "you@example.com" });
  const form = h(
    "form",
    { onsubmit: ask },
    h("label", {}, "Your mail address ", field),
    h("button", { class: "button" }, "Mail me the links"),
  );
  const lead = "Type the address that gets our mail. We send it links to leave, to change what it tells of, and to see, move or erase your data.";
  return h("section", { class: "sign-up", "aria-labelledby": "fresh-links" }, h("h2", { id: "fresh-links" }, "Get fresh links"), h("p", {}, lead), form, said);

  /** @param {SubmitEvent} event */
  async function ask(event) {
    event.preventDefault();
    said.textContent = "Sending …";
    try {
      const { detail } = await send("post", "/api/v1/newsletter/links", { body: { email: field.value } });
      said.textContent = detail;
      field.value = "";
    } catch (failure) {
      said.textContent = sentence(failure);
      field.focus();
    }
  }
}
