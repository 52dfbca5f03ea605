// What several pages show: badges, numbers, tools, pages of a list.

import { counted, day, h, hidden, outwardLink, percent } from "./dom.js";

/** @typedef {import("./types.js").Schemas} Schemas */
/** @typedef {import("./types.js").Child} Child */

const CALLS = { ship: "Ship", mixed: "Mixed", skip: "Skip", unreviewed: "Not reviewed" };
const ENTRY = { free: "Free", freemium: "Freemium", paid: "Paid" };
const BASIS = {
  tested: "Tested",
  read: "From reading the sources",
  synthetic: "Synthetic: neither tested nor read",
};

/**
 * What an enum's value is called; a value that this site does not know yet is shown as it is.
 * @param {Record<string, string>} names
 * @param {string} value
 */
export function named(names, value) {
  return names[value] ?? value.replaceAll("_", " ");
}

/** @param {string} call */
export function badge(call) {
  return h("span", { class: "badge", "data-call": call }, named(CALLS, call));
}

/** @param {string} entry */
export function entryPrice(entry) {
  return named(ENTRY, entry);
}

/** @param {{ slug: string, name: string }} tool */
export function toolLink({ slug, name }) {
  return h("a", { href: `/tools/${slug}` }, name);
}

/**
 * A tool's name stands beside it, so the picture has none of its own.
 * @param {Pick<Schemas["ToolSummary"], "logo" | "logo_sizes">} tool
 */
export function logo({ logo: address, logo_sizes: sizes }) {
  if (!address) return null;
  const srcset = sizes.map(({ webp, pixels }) => `${webp} ${pixels}w`).join(", ");
  return h("picture", {},
    h("source", { type: "image/webp", srcset, sizes: "40px" }),
    h("img", { src: address, alt: "", class: "logo", width: 40, height: 40, loading: "lazy" }));
}

/**
 * The three numbers of a tool: panel, community, entry price. Nobody's vote is a dash, never 0 %.
 * @param {Schemas["ToolSummary"]} tool
 */
export function numbers({ panel, community, pricing }) {
  const votes = community.total === 0 ? "no votes yet" : counted(community.total, "vote");
  return h(
    "dl",
    { class: "numbers" },
    number("Panel ship", percent(panel.percent), panel.total === 0 ? "no reviews yet" : `${panel.ship} of ${panel.total}`),
    number("Community", percent(community.percent), votes),
    number("Entry", entryPrice(pricing.entry), startsAt(pricing)),
  );
}

/**
 * @param {string} term
 * @param {string} value
 * @param {string | null} note
 */
function number(term, value, note) {
  const shown = value === "—" ? [h("span", { "aria-hidden": "true" }, value), hidden("none")] : value;
  return h("div", {}, h("dt", {}, term), h("dd", {}, shown), note && h("dd", { class: "note" }, note));
}

/** @param {Schemas["Pricing"]} pricing */
function startsAt({ starts_at: amount, currency, unit }) {
  if (amount === null || currency === null) return null;
  const price = new Intl.NumberFormat("en", { style: "currency", currency, maximumSignificantDigits: 6 });
  return `from ${price.format(Number(amount))}${unit === null ? "" : ` ${unit.startsWith("per ") ? unit : `per ${unit}`}`}`;
}

/**
 * A tool in a list.
 * @param {Schemas["ToolListItem"]} tool
 * @param {Child} [action]
 */
export function toolCard(tool, action) {
  return h(
    "li",
    { class: "card tool-card" },
    h("p", { class: "kicker" }, tool.category.name),
    h("h3", {}, toolLink(tool)),
    badge(tool.panel.call),
    h("p", { class: "tagline" }, tool.tagline),
    numbers(tool),
    action,
  );
}

/**
 * A comparison in a list: the question and its answer.
 * @param {Schemas["ComparisonListItem"]} comparison
 */
export function comparisonCard({ slug, tools, verdict, published_at: publishedAt, updated_at: updatedAt }) {
  return h(
    "li",
    { class: "card comparison-card" },
    h("p", { class: "kicker" }, [...new Set(tools.map((tool) => tool.category.name))].join(" · ")),
    h("h3", {}, h("a", { href: `/comparisons/${slug}` }, tools[0]?.name, h("span", { class: "versus" }, " vs "), tools[1]?.name)),
    h("p", { class: "answer", "data-outcome": verdict.outcome }, headline(verdict, tools)),
    h("p", { class: "note" }, howDecided(verdict), " · ", day(publishedAt ?? updatedAt)),
  );
}

/**
 * The answer in three words or so. What the summary calls no tool to ship with is none here either.
 * @param {{ outcome: string, winner?: string | null, summary?: string }} verdict
 * @param {{ slug: string, name: string }[]} tools
 */
export function headline({ outcome, winner, summary = "" }, tools) {
  const name = tools.find((tool) => tool.slug === winner)?.name ?? winner;
  if (name) return /(^|, )if it must be one, take /i.test(summary) ? `If it must be one, ${name}` : `Ship ${name}`;
  return outcome === "insufficient" ? "No verdict yet" : "No winner";
}

const DECIDED_BY = {
  panel: "by the panel",
  community: "by the community",
  head_to_head: "head to head",
  picks: "by readers’ picks",
};
const STRENGTH = { unanimous: "Unanimous", clear: "Clear", narrow: "Narrow" };

/** @param {{ outcome: string, decided_by: string | null, strength: string | null, margin: number, rule: string }} verdict */
export function howDecided({ outcome, decided_by: by, strength }) {
  if (by === null || strength === null) return outcome === "insufficient" ? "Undecided" : "A tie";
  return `${named(STRENGTH, strength)}, ${named(DECIDED_BY, by)}`;
}

/**
 * On what a review stands, and of which day it is.
 * @param {Pick<Schemas["ToolReview"], "basis" | "disclosure" | "evidence" | "revision">} review
 * @param {string | null} on
 */
export function standing({ basis, disclosure, evidence, revision }, on) {
  return h(
    "footer",
    { class: "standing" },
    h("span", {}, named(BASIS, basis)),
    on && h("span", {}, day(on)),
    revision > 1 && h("span", {}, `Corrected, revision ${revision}`),
    disclosure && h("span", { class: "disclosure" }, `Discloses: ${disclosure}`),
    evidence.length > 0 &&
      h("span", {}, "Evidence: ", evidence.map((address, at) => [at > 0 && ", ", outwardLink(address, siteOf(address))])),
  );
}

/** @param {string} address */
function siteOf(address) {
  return URL.canParse(address) ? new URL(address).hostname.replace(/^www\./, "") : address;
}

/** @param {{ kind: string }} reviewer */
export function persona({ kind }) {
  return kind === "persona" && h("span", { class: "kind" }, "Persona");
}

/** @param {string | null} text */
export function quote(text) {
  return text === null ? h("p", { class: "note" }, "No words, only the verdict.") : h("blockquote", { class: "quote" }, h("p", {}, text));
}

const LONG = 320;

/**
 * A quote in a narrow cell: a long one shows its beginning until the reader asks for all.
 * @param {string | null} text
 */
export function foldedQuote(text) {
  const words = quote(text);
  if (text === null || text.length <= LONG) return words;
  words.classList.add("is-folded");
  const toggle = h("button", { type: "button", class: "link", "aria-expanded": "false", onclick: unfold }, "Read all");
  return h("div", {}, words, toggle);

  function unfold() {
    const isFolded = words.classList.toggle("is-folded");
    toggle.setAttribute("aria-expanded", String(!isFolded));
    toggle.textContent = isFolded ? "Read all" : "Show less";
  }
}

/**
 * Both ways through a list; the address keeps the place.
 * @param {{ next: string | null, previous: string | null }} page
 * @param {import("./types.js").Visit} visit
 */
export function paging({ next, previous }, { query }) {
  if (next === null && previous === null) return null;
  return h(
    "nav",
    { class: "paging", "aria-label": "Pages" },
    previous && h("a", { href: withCursor(query, previous), rel: "prev", class: "button quiet" }, "← Previous"),
    next && h("a", { href: withCursor(query, next), rel: "next", class: "button quiet" }, "Next →"),
  );
}

/**
 * @param {URLSearchParams} query of the site's address
 * @param {string} address of the API's page, which holds the same filters
 */
function withCursor(query, address) {
  const search = new URLSearchParams(query);
  const cursor = new URL(address).searchParams.get("cursor");
  if (cursor === null) search.delete("cursor");
  else search.set("cursor", cursor);
  return `?${search}`;
}

/**
 * @param {Child} title
 * @param {Child} [lead]
 * @param {Child} [kicker]
 */
export function heading(title, lead, kicker) {
  return h(
    "header",
    { class: "heading" },
    kicker && h("p", { class: "kicker" }, kicker),
    h("h1", { tabindex: "-1" }, title),
    lead && h("p", { class: "lead" }, lead),
  );
}

/**
 * @param {string} text
 * @param {Child} [action]
 */
export function empty(text, action) {
  return h("div", { class: "empty" }, h("p", {}, text), action);
}
