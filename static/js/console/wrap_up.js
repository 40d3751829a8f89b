// Wrapping up: an outcome is chosen by its number, or by its first letters; Finish asks for one where the queue wants it.

const formOf = (element) => element.closest("form[data-required], .wrap-up-strip");

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-finish]");
  const form = button && formOf(button);
  if (!form?.hasAttribute("data-required") || form.querySelector("[name=disposition]:checked")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  form.querySelector("[data-outcome-missing]").hidden = false;
  form.querySelector("[name=disposition]").focus();
}, true);

document.addEventListener("change", ({ target }) => {
  if (target.name === "disposition") formOf(target)?.querySelector("[data-outcome-missing]")?.setAttribute("hidden", "");
});

// Enter in the note keeps it; it does not leave the page.
document.addEventListener("submit", (event) => {
  if (!event.target.matches?.(".wrap-up-strip")) return;
  event.preventDefault();
  document.activeElement?.blur();
}, true);

// Once an outcome is chosen, the keys of the strip (finish, a minute more) are its keys again.
const isKeyOf = (form, key) =>
  form?.querySelector("[name=disposition]:checked") && form.querySelector(`button[data-shortcut="${CSS.escape(key.toLowerCase())}"]`);

// Among the outcomes, letters lead to the next that begins with them. Elsewhere they are shortcuts.
let typed = "", typedAt = -Infinity; // also on a page that has just come
document.addEventListener("keydown", (event) => {
  const group = event.target.closest?.("[data-outcomes]");
  if (!group || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.length !== 1 || /[\d ]/.test(event.key)) return;
  if (event.timeStamp - typedAt >= 800 && isKeyOf(formOf(group), event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  typed = event.timeStamp - typedAt < 800 ? typed + event.key.toLowerCase() : event.key.toLowerCase();
  typedAt = event.timeStamp;
  const labels = [...group.querySelectorAll(".outcome")];
  const at = labels.indexOf(event.target.closest(".outcome"));
  const order = typed.length > 1 ? labels : [...labels.slice(at + 1), ...labels.slice(0, at + 1)];
  const found = order.find((label) => label.querySelector("span").textContent.trim().toLowerCase().startsWith(typed));
  if (!found) return;
  found.querySelector("input").focus();
  found.click();
}, true);
