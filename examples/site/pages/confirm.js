// Where the mail of a sign-up leads. Mail scanners open links too, so only the button confirms, and some press buttons at once,
// so a press before a person can have read the page is asked again.

import { Refused, send } from "../api.js";
import { h, nodes } from "../dom.js";
import { sentence } from "../failure.js";
import { empty, heading } from "../parts.js";
import { signUpBox } from "../sign-up.js";
import { linkToken, rememberToken } from "../subscriber.js";

const SOONEST_ANSWER_MS = 2_000;
const TRY_AGAIN = new Set(["expired_confirmation", "used_confirmation", "unknown_confirmation"]);

/** @type {import("../types.js").Page} */
export async function page() {
  const title = "Confirm your subscription";
  const token = linkToken();
  if (token === null) return { title, content: [heading(title), empty("This link is not whole. Copy all of it from the mail."), signUpBox()] };
  const shownAt = performance.now();
  const said = h("p", { class: "said", role: "status" });
  const button = h("button", { type: "button", class: "button", onclick: confirm }, "Yes, send me the mail");
  const box = h("div", { class: "confirm" }, button, said);
  return { title, content: [heading(title, "You can leave with one click, in every mail."), box] };

  async function confirm() {
    if (performance.now() - shownAt < SOONEST_ANSWER_MS) {
      said.textContent = "Please press once more. A program that checks links may have pressed before you.";
      return;
    }
    button.disabled = true;
    try {
      const { preferences_token: given, next_mail_at: next, last_edition: last } = await send("post", "/api/v1/newsletter/subscriptions/confirm", { body: { token: token ?? "" } });
      rememberToken(given);
      const content = [
        h("h2", { tabindex: "-1" }, "You are subscribed"),
        next && h("p", {}, `The next mail goes out on ${new Date(next).toLocaleString("en", { dateStyle: "full", timeStyle: "short" })}, if there is something new by then.`),
        last && h("p", {}, "Until then, read the last one: ", h("a", { href: `/editions/${last.slug}` }, last.subject)),
        h("p", {}, h("a", { href: "/newsletter/preferences" }, "Choose topics, reviewers and how often")),
      ];
      box.replaceChildren(...nodes(content));
      box.querySelector("h2")?.focus();
    } catch (failure) {
      said.textContent = sentence(failure);
      button.disabled = false;
      if (failure instanceof Refused && TRY_AGAIN.has(failure.problem.code)) button.replaceWith(signUpBox());
    }
  }
}
