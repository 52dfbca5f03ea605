// The tools that a reader set aside to compare; two make a comparison, up to five a line-up.

import { h, hidden } from "./dom.js";

const MOST = 5;
const tray = /** @type {HTMLElement} */ (document.querySelector("#line-up"));
/** @type {Map<string, string>} names by slug */
const chosen = new Map();

/** @param {{ slug: string, name: string }} tool */
export function compareButton({ slug, name }) {
  const button = h("button", { type: "button", class: "button quiet compare", "data-slug": slug, "data-name": name, onclick: toggle });
  label(button);
  return button;

  function toggle() {
    if (!chosen.delete(slug) && chosen.size < MOST) chosen.set(slug, name);
    showLineUp();
  }
}

/** @param {HTMLElement} button */
function label(button) {
  const isChosen = chosen.has(button.dataset["slug"] ?? "");
  button.setAttribute("aria-pressed", String(isChosen));
  button.replaceChildren(isChosen ? "✓ To compare" : "+ Compare", hidden(` ${button.dataset["name"]}`));
}

export function showLineUp() {
  for (const button of document.querySelectorAll("button.compare")) label(/** @type {HTMLElement} */ (button));
  const slugs = [...chosen.keys()].sort();
  tray.hidden = slugs.length === 0;
  if (tray.hidden) return tray.replaceChildren();
  const names = slugs.map((slug) => h("li", {}, chosen.get(slug)));
  // Two known tools are a comparison, whether an editor paired them or not.
  const address = slugs.length === 2 ? `/comparisons/${slugs.join("-vs-")}` : `/compare?tools=${slugs.join(",")}`;
  tray.replaceChildren(
    h("ul", {}, names),
    slugs.length > 1
      ? h("a", { class: "button", href: address }, `Compare ${slugs.length}`)
      : h("span", { class: "note" }, "Choose another to compare"),
    h("button", { type: "button", class: "button quiet", onclick: clear }, "Clear"),
  );
}

function clear() {
  chosen.clear();
  showLineUp();
}
