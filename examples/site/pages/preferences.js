// A subscriber's choices: topics, reviewers, how often; leaving, and the link to export and erase.

import { get, send } from "../api.js";
import { h } from "../dom.js";
import { sentence } from "../failure.js";
import { incompleteLink, isOfLink } from "../incomplete-link.js";
import { heading } from "../parts.js";
import { signUpBox } from "../sign-up.js";
import { FREQUENCIES, credentials, linkToken, masked } from "../subscriber.js";

/** @type {import("../types.js").Page} */
export async function page() {
  const title = "Your preferences";
  if (!linkToken()) return incompleteLink(title);
  const preferences = await get("/api/v1/newsletter/preferences", { headers: credentials() }).catch((failure) => {
    if (isOfLink(failure)) return failure;
    throw failure;
  });
  if (isOfLink(preferences)) return incompleteLink(title, preferences);
  const [categories, reviewers] = await Promise.all([
    get("/api/v1/categories", { query: { limit: 100 } }),
    get("/api/v1/reviewers", { query: { limit: 100 } }),
  ]);
  const { email, status, topics, reviewers: followed, frequency } = preferences;
  const said = h("p", { class: "said", role: "status" });
  const form = h(
    "form",
    { class: "preferences", onsubmit: save, onchange: keepTopicsTrue },
    choices("every_topic", "Topics", "radio", [topics === null ? "yes" : "no"], [["yes", "Every topic, those to come too"], ["no", "Only those that I tick:"]]),
    choices("topics", "Topics to tick", "checkbox", topics ?? [], categories.results.map(({ slug, name }) => [slug, name])),
    choices("reviewers", "Reviewers to follow (none: you follow nobody)", "checkbox", followed, reviewers.results.map(({ slug, name, kind }) => [slug, kind === "persona" ? `${name} (a persona)` : name])),
    choices("frequency", "How often", "radio", frequency ? [frequency] : [], FREQUENCIES),
    h("button", { class: "button" }, "Save"),
  );
  const leave = h("button", { type: "button", class: "button quiet", onclick: unsubscribe }, "Unsubscribe");
  const owner = h("button", { type: "button", class: "button quiet", onclick: askForLink }, "Mail me the link");
  const moving = [
    h("h2", {}, "Another address, or your data"),
    h("p", {}, "To get the mail at another address, to see all that we keep of you, or to be forgotten, ask for a link by mail. It is yours alone; this page may have been forwarded with a mail."),
    owner,
  ];
  const leaving = [status === "active" && [h("h2", {}, "Leave"), leave], moving];
  const lead = status === "active" ? `The mail goes to ${masked(email)}. ${came(preferences)}` : `${masked(email)} is not subscribed.`;
  return { title, content: [heading(title, lead), form, said, h("div", { class: "erase" }, leaving)] };

  // Every topic and some are one choice: the last click decides.
  /** @param {Event} event */
  function keepTopicsTrue({ target }) {
    if (!(target instanceof HTMLInputElement && target.checked)) return;
    for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("input"))) {
      if (target.name === "topics" && field.name === "every_topic") field.checked = field.value === "no";
      if (target.name === "every_topic" && target.value === "yes" && field.name === "topics") field.checked = false;
    }
  }

  /** @param {SubmitEvent} event */
  async function save(event) {
    event.preventDefault();
    const entered = new FormData(form);
    const topicsChosen = entered.getAll("topics").map(String);
    /** @type {import("../types.js").Schemas["PatchedChangePreferencesRequest"]} */
    const body = {
      topics: entered.get("every_topic") === "yes" ? null : topicsChosen,
      reviewers: entered.getAll("reviewers").map(String),
      frequency: /** @type {import("../types.js").Schemas["MailFrequency"]} */ (entered.get("frequency")),
    };
    await act(() => send("patch", "/api/v1/newsletter/preferences", { body, headers: credentials() }), "Saved.");
  }

  async function unsubscribe() {
    if (await act(() => send("post", "/api/v1/newsletter/unsubscribe", { headers: credentials() }), `${masked(email)} is unsubscribed. To come back, sign up again.`)) leave.replaceWith(signUpBox());
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

/** @param {import("../types.js").Schemas["Preferences"]} preferences */
function came({ confirmed_at: at, was_imported: wasImported }) {
  if (at === null) return "";
  const on = new Date(at).toLocaleDateString("en", { dateStyle: "long", timeZone: "UTC" });
  return wasImported ? `Your address came with a list that was taken over, to which you had subscribed on ${on}.` : `You confirmed on ${on}.`;
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
