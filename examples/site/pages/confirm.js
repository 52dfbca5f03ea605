// Where the mail of a sign-up leads. Mail scanners open links too, so only the button confirms, and some press buttons at once,
// so a press before a person can have read the page is asked again.

import { Refused, get, send } from "../api.js";
import { clock, h, nodes } from "../dom.js";
import { sentence } from "../failure.js";
import { isOfLink, linkSentence } from "../incomplete-link.js";
import { empty, heading } from "../parts.js";
import { signUpBox } from "../sign-up.js";
import { FREQUENCIES, credentials, linkToken, masked, rememberToken } from "../subscriber.js";

const SOONEST_ANSWER_MS = 2_000;
const TRY_AGAIN = new Set(["expired_confirmation", "used_confirmation"]);

/** @type {import("../types.js").Page} */
export async function page() {
  const title = "Confirm your subscription";
  const token = linkToken();
  if (!token) return { title, content: [heading(title), empty(linkSentence()), signUpBox()] };
  const shownAt = performance.now();
  const said = h("p", { class: "said", role: "status" });
  const button = h("button", { type: "button", class: "button", onclick: confirm }, "Yes, send me the mail");
  const box = h("div", { class: "confirm" }, heading(title, "You can leave with one click, in every mail."), button, said);
  return { title, content: box };

  async function confirm() {
    if (performance.now() - shownAt < SOONEST_ANSWER_MS) {
      said.textContent = "Please press once more. A program that checks links may have pressed before you.";
      return;
    }
    button.disabled = true;
    try {
      const confirmed = await send("post", "/api/v1/newsletter/subscriptions/confirm", { body: { token: token ?? "" } });
      rememberToken(confirmed.preferences_token);
      const chosen = await chosenWords().catch(() => null);
      show("You are subscribed", [chosen, ...upcoming(confirmed)]);
    } catch (failure) {
      if (isOfLink(failure)) return show("This link is incomplete", [empty(linkSentence(failure)), signUpBox()]);
      said.textContent = sentence(failure);
      button.disabled = false;
      if (failure instanceof Refused && TRY_AGAIN.has(failure.problem.code)) button.replaceWith(signUpBox());
    }
  }

  /**
   * @param {string} words
   * @param {import("../types.js").Child} content
   */
  function show(words, content) {
    document.title = `${words} · AI Tool Verdicts`;
    const first = h("h1", { tabindex: "-1" }, words);
    box.replaceChildren(first, ...nodes(content));
    first.focus();
  }
}

/** @param {import("../types.js").Schemas["Confirmed"]} confirmed */
function upcoming({ next_mail_at: next, last_edition: last }) {
  return [
    next && h("p", {}, "The next mail goes out on ", clock(next), ", if there is something new by then."),
    last && h("p", {}, "Until then, read the last one: ", h("a", { href: `/editions/${last.slug}` }, last.subject)),
    h("p", {}, h("a", { href: "/newsletter/preferences" }, "Choose topics, reviewers and how often")),
  ];
}

/** What comes, how often and whereto. */
async function chosenWords() {
  const [{ email, topics, reviewers, frequency }, categories, roster] = await Promise.all([
    get("/api/v1/newsletter/preferences", { headers: credentials() }),
    get("/api/v1/categories", { query: { limit: 100 } }),
    get("/api/v1/reviewers", { query: { limit: 100 } }),
  ]);
  const often = FREQUENCIES.find(([value]) => value === frequency)?.[1] ?? "";
  return h(
    "dl",
    { class: "chosen" },
    [
      ["Address", masked(email)],
      ["How often", often],
      ["Topics", topics === null ? "Every topic" : names(topics, categories.results)],
      ["Reviewers", names(reviewers, roster.results)],
    ].map(([term = "", value = ""]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))),
  );
}

/**
 * @param {string[]} slugs
 * @param {{ slug: string, name: string }[]} all
 */
function names(slugs, all) {
  return slugs.map((slug) => all.find((each) => each.slug === slug)?.name ?? slug).join(", ") || "None";
}
