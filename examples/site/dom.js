// Elements without HTML: what the API says becomes text, never markup.

/** @typedef {import("./types.js").Child} Child */
/** @typedef {string | number | boolean | null | undefined | ((event: any) => unknown)} Attribute */

/**
 * An element. Attributes that begin with `on` are listeners; null, undefined and false leave one out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...nodes(children));
  return element;
}

/**
 * @param {Child} child
 * @returns {(Node | string)[]}
 */
export function nodes(child) {
  if (Array.isArray(child)) return child.flatMap(nodes);
  if (child === null || child === undefined || child === false) return [];
  return [child instanceof Node ? child : String(child)];
}

/**
 * A link to another site; its text alone where the address is no web address.
 * @param {string} address
 * @param {Child} text
 */
export function outwardLink(address, text) {
  if (!/^https?:\/\//i.test(address)) return h("span", {}, text);
  return h("a", { href: address, rel: "external noopener noreferrer nofollow" }, text);
}

/** @param {string} text */
export function hidden(text) {
  return h("span", { class: "visually-hidden" }, text);
}

/** @param {number | null} value */
export function percent(value) {
  return value === null ? "—" : `${value}%`;
}

/**
 * @param {number} count
 * @param {string} one
 */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** @param {string} moment RFC 3339 */
export function day(moment) {
  const shown = new Date(moment).toLocaleDateString("en", { dateStyle: "medium", timeZone: "UTC" });
  return h("time", { datetime: moment }, shown);
}

/**
 * A time in the reader's own zone, which it names.
 * @param {string} moment RFC 3339
 */
export function clock(moment) {
  const shown = new Date(moment).toLocaleString("en", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  });
  return h("time", { datetime: moment }, shown);
}

const WORDS = new Set(["P", "BR", "UL", "OL", "LI", "EM", "STRONG"]);
// A parser's document has no window, so that nothing of it runs or loads; only what is copied is shown.
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("editors-words", { createHTML: (/** @type {string} */ html) => html });

/**
 * An editor's words, element by element: what the API does not promise to send becomes its text.
 * @param {string} html
 */
export function fromHtml(html) {
  const { body } = new DOMParser().parseFromString(policy?.createHTML(html) ?? html, "text/html");
  return [...body.childNodes].map(copied);
}

/**
 * @param {Node} node
 * @returns {Child}
 */
function copied(node) {
  const children = [...node.childNodes].map(copied);
  if (!(node instanceof Element)) return node.textContent;
  if (node.tagName === "A") return outwardLink(node.getAttribute("href") ?? "", children);
  const tag = /** @type {keyof HTMLElementTagNameMap} */ (node.tagName.toLowerCase());
  return WORDS.has(node.tagName) ? h(tag, { start: node.getAttribute("start") }, children) : children;
}
