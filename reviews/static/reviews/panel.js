// The page of a tool's panel: characters counted, what the panel becomes, and the keyboard's way from row to row.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const rows = document.getElementById("panel-rows");
  const form = rows && rows.closest("form");
  if (!form) return;
  const tools = rows.querySelector(".panel-tools");
  tools.hidden = !form.querySelector("fieldset.panel-row");

  function count() {
    for (const place of rows.querySelectorAll("[data-counts]")) {
      const text = document.getElementById(place.dataset.counts).value;
      // As the server counts: by code points, with one for a line end.
      place.textContent = [...text.replace(/\r\n?/g, "\n")].length.toLocaleString("en");
    }
  }

  const place = document.getElementById("if-saved");
  let asked = 0;
  async function askWhatItBecomes() {
    asked += 1;
    const own = asked;
    // The server's own form reads it, so that the rule is in one place; it needs no long texts for that.
    const sent = new FormData();
    for (const [name, value] of new FormData(form)) {
      if (!/-(quote|evidence|disclosure|note)$/.test(name) && name !== "opened") sent.append(name, value);
    }
    const answer = await fetch(place.dataset.address, { method: "POST", body: sent, credentials: "same-origin" }).catch(() => null);
    const said = answer && answer.ok ? await answer.json().catch(() => null) : null;
    if (own === asked) place.textContent = said ? said.words : "unknown, for the server does not answer";
  }

  const all = document.getElementById("publish-all");
  function publishAll() {
    for (const row of rows.querySelectorAll("fieldset.panel-row")) {
      const box = row.querySelector('input[name$="-publish"]');
      if (box) box.checked = all.checked && row.querySelector('input[name$="-verdict"]:checked') !== null;
    }
  }

  form.addEventListener("input", count);
  form.addEventListener("change", (event) => {
    count();
    if (event.target === all || (all && all.checked && /-verdict$/.test(event.target.name))) publishAll();
    if (event.target === form || event.target === all || /-(verdict|publish)$/.test(event.target.name)) void askWhatItBecomes();
  });

  function neighbour(field, step) {
    const column = field.closest("[data-column]");
    const all = column ? [...rows.querySelectorAll(`[data-column="${column.dataset.column}"]`)] : [];
    const next = all[all.indexOf(column) + step];
    if (!next) return null;
    const fields = "input:checked, input:not([type=radio]), select, textarea";
    return next.matches("summary") ? next : next.querySelector(fields) || next.querySelector("input");
  }

  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector('[name="_save"]'));
    } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const next = neighbour(event.target, event.key === "ArrowDown" ? 1 : -1);
      if (!next) return;
      event.preventDefault();
      next.focus();
    }
  });
  count();
});
