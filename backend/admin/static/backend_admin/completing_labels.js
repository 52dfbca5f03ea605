// Names the boxes that complete what is typed by their fields' labels: Django's have the name of what was chosen, or none.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  function nameBoxes() {
    for (const select of document.querySelectorAll("select.admin-autocomplete.select2-hidden-accessible")) {
      const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
      if (!label) continue;
      label.id ||= `${select.id}-label`;
      const box = select.nextElementSibling.querySelector("[role=combobox]");
      const chosen = box.querySelector("[role=textbox]");
      box.setAttribute("aria-labelledby", chosen ? `${label.id} ${chosen.id}` : label.id);
      for (const part of box.querySelectorAll("[role=textbox], input")) part.setAttribute("aria-labelledby", label.id);
    }
  }
  // After Django's own, which makes the boxes and waits for the same.
  django.jQuery(nameBoxes);
  document.addEventListener("formset:added", nameBoxes);
});
