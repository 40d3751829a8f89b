// Macros: a slash at the beginning of a word opens the list; arrows choose, Enter or Tab inserts.
import { putIn } from "./materials.js";
import { words } from "./words.js";

const box = () => document.getElementById("macros");
let from = -1; // where the slash stands
let target = null;
let asked = 0;

const close = () => { if (box()) { box().hidden = true; box().replaceChildren(); } from = -1; target?.removeAttribute("aria-activedescendant"); };

/** Called on every input of a text: is a macro being named just before the caret? */
export function lookForMacro(field) {
  const before = field.value.slice(0, field.selectionStart);
  const named = /(?:^|\s)\/([\p{L}\p{N}_-]{0,30})$/u.exec(before);
  if (!named) return close();
  target = field;
  from = before.length - named[1].length - 1;
  ask(named[1]);
}

async function ask(query) {
  const turn = ++asked;
  const { conversation } = document.getElementById("composer").dataset;
  const response = await fetch(`/inbox/${conversation}/macros?q=${encodeURIComponent(query)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (turn !== asked || from < 0 || !response?.ok) return;
  box().innerHTML = await response.text(); // our own template: every value in it is escaped
  box().hidden = false;
  point(0);
}

const options = () => [...box().querySelectorAll("[role=option]")];
function point(index) {
  const all = options();
  const at = all.length ? (index + all.length) % all.length : -1;
  all.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
  all[at]?.scrollIntoView({ block: "nearest" });
  if (all[at]) target?.setAttribute("aria-activedescendant", all[at].id);
}

/** Keys while the list is open; true when the key was taken. */
export function macroKey(event) {
  if (!box() || box().hidden) return false;
  const all = options(), at = all.findIndex((option) => option.ariaSelected === "true");
  if (event.key === "Escape") close();
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") point(at + (event.key === "ArrowDown" ? 1 : -1));
  else if ((event.key === "Enter" || event.key === "Tab") && all[at]) choose(all[at]);
  else return false;
  event.preventDefault();
  return true;
}

/** The text takes the place of what was typed; the first placeholder without a value is selected. */
function choose(option) {
  const { text } = option.dataset;
  const start = Math.max(0, from);
  target.focus();
  target.setRangeText(text, start, from < 0 ? start : target.selectionStart, "end");
  if (target.name === "outbound") putIn(`macro:${option.dataset.macro}`);
  const does = option.querySelector(".macro-does");
  if (does) arm(option.dataset.macro, does);
  close();
  const hole = /\{\{[^}]*\}\}/.exec(target.value.slice(start));
  if (hole) target.setSelectionRange(start + hole.index, start + hole.index + hole[0].length);
  target.dispatchEvent(new Event("input", { bubbles: true }));
}

// ---- what a macro does with sending ----

const strip = () => document.getElementById("composer-macro");

/** Shown above the buttons until it is sent; the last macro with actions is the one that is done. */
function arm(id, does) {
  strip().dataset.macro = id;
  strip().querySelector("[data-does]").replaceChildren(...[...does.children].map((chip) => chip.cloneNode(true)));
  strip().hidden = false;
}

/** The macro whose actions go with the message, "" for none. */
export const armed = () => strip().dataset.macro ?? "";
export function disarm() {
  delete strip().dataset.macro;
  strip().hidden = true;
}

/** The message came back into the composer, and its actions with it. */
export function rearm(id, chips) {
  if (id) arm(id, chips);
}
export const armedChips = () => strip().querySelector("[data-does]").cloneNode(true);

// ---- what a macro left open ----

const LEFT = /\{\{\s*((?:customer|agent|conversation|brand)\.\w+)\s*\}\}/;

/** Whether a placeholder still stands in the text; then it is named, and can be filled in on the spot. */
export function asksForValue(field) {
  const region = document.getElementById("stale");
  region.querySelector(".unfilled")?.remove();
  const left = LEFT.exec(field.value);
  if (!left) return false;
  const box = document.getElementById("unfilled-template").content.firstElementChild.cloneNode(true);
  const input = box.querySelector("input"), why = words("unfilled", { name: left[1] });
  box.querySelector("[data-why]").textContent = why;
  input.setAttribute("aria-label", why);
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    field.value = field.value.replaceAll(new RegExp(`\\{\\{\\s*${left[1].replace(".", "\\.")}\\s*\\}\\}`, "g"), () => input.value);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    if (!asksForValue(field)) field.focus();
  });
  box.querySelector("[data-unfilled-close]").addEventListener("click", () => {
    box.remove();
    field.focus();
    field.setSelectionRange(left.index, left.index + left[0].length);
  });
  region.append(box);
  input.focus();
  return true;
}

document.addEventListener("mousedown", (event) => {
  const option = event.target.closest?.("#macros [role=option]");
  if (option) { event.preventDefault(); choose(option); } else if (!event.target.closest?.("#macros, [data-macros]")) close();
});
document.addEventListener("click", ({ target: clicked }) => {
  if (clicked.closest?.("[data-macro-off]")) {
    disarm();
    const composer = document.getElementById("composer");
    return composer.elements[composer.dataset.kind].focus();
  }
  if (!clicked.closest?.("[data-macros]")) return;
  const composer = document.getElementById("composer");
  target = composer.elements[composer.dataset.kind];
  target.focus();
  const before = target.value.slice(0, target.selectionStart);
  target.setRangeText(before && !/\s$/.test(before) ? " /" : "/", target.selectionStart, target.selectionEnd, "end");
  lookForMacro(target);
});
