// What Swagger UI lacks for people who use a keyboard or a screen reader.
"use strict";

const accessible = ({ React }) => ({
  wrapComponents: {
    // A link inside a button can't be reached; opening an operation puts its address into the bar all the same.
    DeepLink: () => (props) => React.createElement("span", null, props.text),
  },
});

const nameOf = (select) =>
  select.closest("[data-param-name]")?.dataset.paramName ??
  (select.closest(".servers") && "Server") ??
  (select.closest(".examples-select") && "Example") ??
  "Media type";

// Its selects have no labels, and a keyboard can't scroll its examples.
new MutationObserver(() => {
  for (const example of document.querySelectorAll("pre:not([tabindex])")) example.tabIndex = 0;
  for (const select of document.querySelectorAll("select:not([aria-label])")) select.setAttribute("aria-label", nameOf(select));
}).observe(document.documentElement, { childList: true, subtree: true });
