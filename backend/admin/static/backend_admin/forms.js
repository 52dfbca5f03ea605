// Keeps what is typed into a form of the admin in this browser until it is saved, and warns before the page is left.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const KEPT_FOR = 14 * 24 * 3600 * 1000;
  const SENT = "sent draft";
  const OURS = new Set(["csrfmiddlewaretoken", "opened"]);

  // The form that was saved says so itself, whatever page comes after it; a login page or an error never does.
  const saved = document.cookie.match(/(?:^|; )saved=([^;]+)/);
  if (saved) {
    document.cookie = "saved=; path=/admin/; max-age=0";
    const its = `draft ${decodeURIComponent(saved[1])}`;
    if (sessionStorage.getItem(SENT) === its) {
      localStorage.removeItem(its);
      sessionStorage.removeItem(SENT);
    }
  }

  const place = document.getElementById("draft");
  const form = place && place.closest("form");
  if (!form) return;
  const key = `draft ${place.dataset.key}`;
  let isSending = false;
  // Whether an earlier draft waits to be put back or discarded: until then it is kept, whatever is typed.
  let isWaiting = false;

  const typed = () =>
    JSON.stringify([...new FormData(form)].filter(([name, value]) => !OURS.has(name) && typeof value === "string"));
  let opened = null;

  function keep() {
    if (opened === null || isSending || isWaiting) return;
    const values = typed();
    if (values === opened) {
      localStorage.removeItem(key);
      return;
    }
    const labels = {};
    for (const select of form.querySelectorAll("select")) {
      if (select.selectedOptions.length) labels[select.name] = select.selectedOptions[0].textContent;
    }
    const token = form.elements.opened ? form.elements.opened.value : "";
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), values, labels, token }));
  }

  function addRows(values) {
    for (const [name, total] of values) {
      const prefix = name.replace(/-TOTAL_FORMS$/, "");
      if (prefix === name) continue;
      const button = document.querySelector(`#${CSS.escape(prefix)}-group .add-row a, #${CSS.escape(prefix)}-group a.add-row`);
      while (button && Number(form.elements[name].value) < Number(total)) button.click();
    }
  }

  function putBack(draft) {
    const values = JSON.parse(draft.values);
    addRows(values);
    for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked = false;
    for (const [name, value] of values) {
      const field = form.elements[name];
      if (!field || name.endsWith("_FORMS")) continue;
      if (field.type === "checkbox") field.checked = true;
      else if (field.tagName === "SELECT") {
        if (value && ![...field.options].some((option) => option.value === value)) {
          field.add(new Option(draft.labels[name] || value, value));
        }
        field.value = value;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      } else if ("value" in field) field.value = value;
    }
    // So that a change which came since then is seen when this is saved.
    if (form.elements.opened && draft.token) form.elements.opened.value = draft.token;
    form.dispatchEvent(new Event("change"));
    keep();
  }

  function discard() {
    localStorage.removeItem(key);
    keep();
  }

  function offer(draft) {
    isWaiting = true;
    const bar = document.createElement("p");
    bar.className = "messagelist draft";
    bar.setAttribute("role", "status");
    bar.append(`What you typed here on ${new Date(draft.at).toLocaleString()} was not saved. `);
    for (const [words, act] of [["Put it back", () => putBack(draft)], ["Discard it", discard]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = words;
      button.addEventListener("click", () => {
        bar.remove();
        isWaiting = false;
        act();
      });
      bar.append(button, " ");
    }
    form.before(bar);
  }

  // After Django's own scripts have filled what they fill.
  window.addEventListener("load", () => {
    const isGivenBack = document.querySelector(".errornote");
    opened = isGivenBack ? "" : typed();
    let draft = null;
    try {
      draft = JSON.parse(localStorage.getItem(key));
    } catch {
      localStorage.removeItem(key);
    }
    if (draft && Date.now() - draft.at > KEPT_FOR) localStorage.removeItem(key);
    else if (draft && draft.values !== typed()) offer(draft);
  });

  let timer = null;
  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, () => {
      clearTimeout(timer);
      timer = setTimeout(keep, 300);
    });
  }
  form.addEventListener("submit", () => {
    keep();
    isSending = true;
    if (isWaiting) sessionStorage.removeItem(SENT);
    else sessionStorage.setItem(SENT, key);
  });
  window.addEventListener("beforeunload", (event) => {
    if (isSending || opened === null) return;
    keep();
    if (typed() !== opened) event.preventDefault();
  });
});
