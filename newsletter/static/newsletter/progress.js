/* Keeps the numbers on an edition's page as they are now, as long as they may still change. */
"use strict";

{
  const PAUSE = 2000;
  const page = document.getElementById("progress");
  const bar = document.getElementById("share");
  const trouble = document.getElementById("trouble");
  let asOf = page.dataset.asOf;

  // What hasn't changed is not touched, so that nothing is read out twice.
  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  const cell = (content, name = "") => {
    const made = document.createElement("td");
    made.className = name;
    made.append(content);
    return made;
  };

  const row = (...cells) => {
    const made = document.createElement("tr");
    made.append(...cells);
    return made;
  };

  const link = ({ page: href, message_id: name }) => {
    const made = document.createElement("a");
    made.href = href;
    made.textContent = name;
    return made;
  };

  const fill = (id, rows) => {
    const former = document.getElementById(id);
    const made = former.cloneNode(false);
    made.append(...rows);
    // A link that has the focus stays where it is.
    if (former.textContent.replace(/\s/g, "") !== made.textContent.replace(/\s/g, "")) former.replaceWith(made);
  };

  const show = (answer) => {
    // Two answers may overtake each other.
    if (answer.as_of >= asOf) asOf = answer.as_of;
    else return;
    for (const element of page.querySelectorAll("[data-text]")) write(element, answer.texts[element.dataset.text]);
    for (const [state, , number] of answer.rows) write(page.querySelector(`[data-row="${state}"]`), number);
    for (const button of page.querySelectorAll("button[name=action]")) button.hidden = !answer.actions.includes(button.value);
    if (answer.share === null) bar.removeAttribute("value");
    else bar.value = answer.share;
    fill("failures", answer.failures.map(([code, number]) => row(cell(code), cell(number, "count"))));
    fill("uncertain", answer.uncertain.map((copy) => row(cell(link(copy)), cell(copy.since))));
    page.toggleAttribute("data-is-over", answer.is_over);
  };

  const look = async () => {
    if (document.hidden) return;
    try {
      // After a logout the answer would be a redirect to the login page.
      const response = await fetch(page.dataset.numbers, { redirect: "error" });
      if (!response.ok) throw new Error(response.status);
      show(await response.json());
      write(trouble, "");
    } catch {
      write(trouble, "There is no answer just now. If this stays, load the page again.");
    }
  };

  const goOn = async () => {
    await look();
    if (!("isOver" in page.dataset)) setTimeout(goOn, PAUSE);
  };

  if (!("isOver" in page.dataset)) setTimeout(goOn, PAUSE);
}
