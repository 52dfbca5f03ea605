// The box for the weekly mail.

import { send } from "./api.js";
import { h } from "./dom.js";
import { sentence } from "./failure.js";

export function signUpBox() {
  const said = h("p", { class: "said", role: "status" });
  const button = h("button", { class: "button" }, "Send me the mail");
  const field = h("input", {
    id: "sign-up-email",
    name: "email",
    type: "email",
    required: true,
    autocomplete: "email",
    placeholder: "you@example.com",
    "aria-describedby": "sign-up-promise",
  });
  return h(
    "section",
    { class: "sign-up", "aria-labelledby": "sign-up" },
    h("h2", { id: "sign-up" }, "Get the next comparison in your inbox"),
    h("p", { id: "sign-up-promise" }, "What changed, once a week. On the way you may choose topics, and monthly or daily instead. You leave with one click."),
    h(
      "form",
      { onsubmit: signUp },
      h("label", { for: "sign-up-email", class: "visually-hidden" }, "Email address"),
      field,
      button,
    ),
    said,
  );

  /** @param {SubmitEvent} event */
  async function signUp(event) {
    event.preventDefault();
    button.disabled = true;
    said.textContent = "Sending …";
    try {
      const body = { email: field.value };
      // Should the answer be lost, then the same key asks for no second mail.
      const headers = { "Idempotency-Key": crypto.randomUUID() };
      const { detail } = await send("post", "/api/v1/newsletter/subscriptions", { body, headers });
      said.textContent = detail;
      field.value = "";
      field.removeAttribute("aria-invalid");
    } catch (failure) {
      said.textContent = sentence(failure);
      field.setAttribute("aria-invalid", "true");
      field.focus();
    }
    button.disabled = false;
  }
}
