// Fields of the searches: they ask anew when they change, and the address keeps what they say.

import { h, hidden } from "./dom.js";

/** @param {Event} event */
function ask({ target }) {
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) target.form?.requestSubmit();
}

/**
 * @param {string} name
 * @param {string} label
 * @param {[value: string, label: string][]} choices the first is what holds when nothing is said
 * @param {string | undefined} chosen
 */
export function select(name, label, choices, chosen) {
  const options = choices.map(([value, text]) => h("option", { value, selected: value === (chosen ?? "") }, text));
  return h("label", { class: "field" }, h("span", {}, label), h("select", { name, onchange: ask }, options));
}

/**
 * @param {string} name
 * @param {string} legend
 * @param {{ value: string, label: string, count: number }[]} choices
 * @param {string[]} chosen
 */
export function checkboxes(name, legend, choices, chosen) {
  const boxes = choices.map(({ value, label, count }) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "checkbox", name, value, checked: chosen.includes(value), onchange: ask }),
      h("span", {}, label),
      h("span", { class: "count" }, count, hidden(count === 1 ? " tool" : " tools")),
    ),
  );
  return h("fieldset", { class: "facet" }, h("legend", {}, legend), boxes);
}
