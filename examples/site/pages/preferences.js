// A subscriber's choices: topics, reviewers, how often; leaving, and the link to export and erase.

import { get, send } from "../api.js";
import { h } from "../dom.js";
import { sentence } from "../failure.js";
import { empty, heading } from "../parts.js";
import { signUpBox } from "../sign-up.js";
import { credentials, linkToken } from "../subscriber.js";

/** @type {[string, string][]} */
const FREQUENCIES = [
  ["weekly", "Weekly"],
  ["monthly", "Monthly"],
  ["each_comparison", "With each comparison"],
];

/** @type {import("../types.js").Page} */
export async function page() {
  const title = "Your preferences";
  if (linkToken() === null) return { title, content: [heading(title), empty("Open the link to your preferences in one of our mails."), signUpBox()] };
  const [preferences, categories, reviewers] = await Promise.all([
    get("/api/v1/newsletter/preferences", { headers: credentials() }),
    get("/api/v1/categories", { query: { limit: 100 } }),
    get("/api/v1/reviewers", { query: { limit: 100 } }),
  ]);
  const { status, topics, reviewers: followed, frequency } = preferences;
  const said = h("p", { class: "said", role: "status" });
  const form = h(
    "form",
    { class: "preferences", onsubmit: save },
    choices("topics", "Topics (none means every topic)", "checkbox", topics ?? [], categories.results.map(({ slug, name }) => [slug, name])),
    choices("reviewers", "Reviewers to follow (none: you follow nobody)", "checkbox", followed, reviewers.results.map(({ slug, name, kind }) => [slug, kind === "persona" ? `${name} (a persona)` : name])),
    choices("frequency", "How often", "radio", frequency ? [frequency] : [], FREQUENCIES),
    h("button", { class: "button" }, "Save"),
  );
  const leave = h("button", { type: "button", class: "button quiet", onclick: unsubscribe }, "Unsubscribe");
  const owner = h("button", { type: "button", class: "button quiet", onclick: askForLink }, "Mail me a link to move to another address, to export or to erase my data");
  const leaving = h("div", { class: "erase" }, status === "active" && leave, owner);
  const lead = status === "active" ? `The mail goes to ${masked(preferences.email)}.` : `${masked(preferences.email)} is not subscribed.`;
  return { title, content: [heading(title, lead), form, said, leaving] };

  /** @param {SubmitEvent} event */
  async function save(event) {
    event.preventDefault();
    const entered = new FormData(form);
    const topicsChosen = entered.getAll("topics").map(String);
    /** @type {import("../types.js").Schemas["PatchedChangePreferencesRequest"]} */
    const body = {
      topics: topicsChosen.length > 0 ? topicsChosen : null,
      reviewers: entered.getAll("reviewers").map(String),
      frequency: /** @type {import("../types.js").Schemas["MailFrequency"]} */ (entered.get("frequency")),
    };
    await act(() => send("patch", "/api/v1/newsletter/preferences", { body, headers: credentials() }), "Saved.");
  }

  async function unsubscribe() {
    if (await act(() => send("post", "/api/v1/newsletter/unsubscribe", { headers: credentials() }), "You are unsubscribed.")) leave.remove();
  }

  // Mails are forwarded, and their links with them: what can't be undone is asked by mail.
  async function askForLink() {
    await act(() => send("post", "/api/v1/newsletter/preferences/access", { headers: credentials() }), "A mail is on its way to your own address.");
  }

  /**
   * @param {() => Promise<unknown>} deed
   * @param {string} words
   */
  async function act(deed, words) {
    try {
      await deed();
      said.textContent = words;
      return true;
    } catch (failure) {
      said.textContent = sentence(failure);
      return false;
    }
  }
}

/**
 * Who was forwarded a mail sees this page, too.
 * @param {string} address
 */
function masked(address) {
  return `${address.slice(0, 1)}…${address.slice(address.lastIndexOf("@"))}`;
}

/**
 * @param {string} name
 * @param {string} legend
 * @param {"checkbox" | "radio"} type
 * @param {string[]} chosen
 * @param {string[][]} all
 */
function choices(name, legend, type, chosen, all) {
  const boxes = all.map(([value = "", label]) =>
    h("label", { class: "choice" }, h("input", { type, name, value, checked: chosen.includes(value) }), h("span", {}, label)),
  );
  return h("fieldset", { class: "facet" }, h("legend", {}, legend), boxes);
}
