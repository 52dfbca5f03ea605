// The keys of the desk, as its list of them says: pressed outside a field, but for Ctrl S.
"use strict";

// What Django leaves without a name, or names in a way that is not read out.
addEventListener("load", () => {
  document.getElementById("searchbar")?.setAttribute("aria-label", "Search this list");
  for (const each of document.querySelectorAll(".select2-search__field")) each.setAttribute("aria-label", "Search");
  for (const each of document.querySelectorAll(".help-tooltip[aria-label]")) each.setAttribute("role", "img");
});

(() => {
  const dialog = document.getElementById("shortcuts");
  if (!dialog) return;
  let isAfterG = false;

  document.getElementById("show-shortcuts").addEventListener("click", () => dialog.showModal());

  const isField = (place) => place.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(place.tagName);

  function save(event) {
    const button = document.querySelector(".submit-row [name=_save], .submit-row [name=_continue]");
    if (!button) return;
    event.preventDefault();
    button.click();
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      save(event);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isField(event.target) || dialog.open) return;
    const link = isAfterG && [...dialog.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
    isAfterG = event.key === "g";
    if (link) location.assign(link.href);
    else if (event.key === "/") {
      event.preventDefault();
      document.getElementById("everything").focus();
    } else if (event.key === "?") dialog.showModal();
  });
})();
