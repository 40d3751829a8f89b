// Appearance and keyboard preferences: applied at once, then kept on the server (POST /preferences).
import { post } from "./request.js";

const root = document.documentElement;
const kept = { theme: "data-set-theme", density: "data-set-density", shortcuts: "data-set-shortcuts" };

export function setPreference(name, value) {
  root.dataset[name] = value;
  mark();
  post("/preferences", { [name]: value }).catch(() => {}); // it holds for this page anyway
}

/** Show the chosen one among buttons of a choice. */
function mark() {
  for (const [name, attribute] of Object.entries(kept)) {
    for (const button of document.querySelectorAll(`[${attribute}]`)) {
      const chosen = String(button.getAttribute(attribute) === root.dataset[name]);
      button.setAttribute(button.role === "menuitemradio" ? "aria-checked" : "aria-pressed", chosen);
    }
  }
}

document.addEventListener("click", ({ target }) => {
  for (const [name, attribute] of Object.entries(kept)) {
    const button = target.closest?.(`[${attribute}]`);
    if (button) setPreference(name, button.getAttribute(attribute));
  }
});

document.addEventListener("htmx:after:swap", mark);
mark();
