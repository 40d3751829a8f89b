// The agents' inbox. Each part has a file; this one opens what is on the page, again after every swap.
import "./list.js";
import "./thread.js";
import "./reading.js";
import "./colleagues.js";
import "./composer.js";
import "./messages.js";
import "./wrap_up.js";
import "./helping.js";
import "./merging.js";
import "./facts.js";
import "./promises.js";

// A dialog for what is fetched: transfer, tags, forward.
let shown = null; // what the dialog was opened for: a swap elsewhere does not open it again while it closes
document.addEventListener("htmx:after:swap", () => {
  const sheet = document.getElementById("sheet");
  const dialog = document.getElementById("sheet-dialog");
  if (!dialog || dialog.open || !sheet.firstElementChild || sheet.firstElementChild === shown) return;
  shown = sheet.firstElementChild;
  dialog.showModal();
  (sheet.querySelector("[autofocus]") ?? sheet.querySelector("input:not([type=hidden]), textarea"))?.focus();
});
document.addEventListener("sheet:open", ({ detail: { url } }) => htmx.ajax("GET", url, { source: "#sheet", target: "#sheet", swap: "innerHTML" }));
document.addEventListener("close", ({ target }) => {
  if (target.id === "sheet-dialog") document.getElementById("sheet").replaceChildren();
}, true);

// Tags are chosen by pressing them, too.
document.addEventListener("click", ({ target }) => {
  const tag = target.closest?.("[data-known-tags] [data-tag]");
  if (!tag) return;
  const field = tag.closest("form").elements.tags;
  const names = field.value.split(/[,，]/).map((name) => name.trim()).filter(Boolean);
  const at = names.indexOf(tag.dataset.tag);
  if (at < 0) names.push(tag.dataset.tag);
  else names.splice(at, 1);
  tag.setAttribute("aria-pressed", String(at < 0));
  field.value = names.join(", ");
});

// Between 720 and 1100 px the customer is a drawer: the same address as without JavaScript, no fetch.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-shows]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const root = document.getElementById("console");
  const wide = matchMedia("(min-width: 1100px)").matches;
  if (wide) return document.getElementById("context")?.focus();
  root.dataset.shows = link.dataset.shows;
  history.pushState({ htmx: true }, "", link.getAttribute("href"));
  (link.dataset.shows === "context" ? document.querySelector(".context-close") : document.querySelector(".thread-context-button"))?.focus();
});
document.addEventListener("keydown", (event) => {
  const root = document.getElementById("console");
  if (event.key !== "Escape" || event.defaultPrevented || root?.dataset.shows !== "context") return;
  document.querySelector(".context-close")?.click();
});
