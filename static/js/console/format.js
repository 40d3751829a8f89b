// Formatting of mails: signs around or before what is selected, and a look at how it will be read.
import { post } from "../request.js";

const composer = () => document.getElementById("composer");
const field = () => composer().elements.outbound;
const around = { bold: "**", italic: "*", code: "`" };
const before = { list: () => "- ", ordered: (index) => `${index + 1}. `, quote: () => "> " };
const keys = { b: "bold", i: "italic" };

/** Put text in the place of start to end, as one step of the browser's own undo where it can. */
function replace(start, end, text, from, to) {
  const box = field();
  box.focus();
  box.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) box.setRangeText(text, start, end, "end");
  box.setSelectionRange(from, to);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function format(how) {
  const { selectionStart: start, selectionEnd: end, value } = field();
  const chosen = value.slice(start, end);
  if (around[how]) {
    const sign = around[how], n = sign.length;
    replace(start, end, `${sign}${chosen}${sign}`, start + n, end + n);
  } else if (how === "link") {
    const isAddress = /^https?:\S+$/.test(chosen), text = isAddress ? "" : chosen, address = isAddress ? chosen : "https://";
    const at = isAddress ? start + 1 : start + text.length + 3;
    replace(start, end, `[${text}](${address})`, at, isAddress ? at : at + address.length);
  } else {
    const first = value.lastIndexOf("\n", start - 1) + 1;
    const lines = value.slice(first, end).split("\n").map((line, index) => before[how](index) + line).join("\n");
    const gap = first > 0 && value.slice(0, first).trim() && !value.slice(0, first).endsWith("\n\n") ? "\n" : "";
    replace(first, end, gap + lines, first + gap.length + lines.length, first + gap.length + lines.length);
  }
}

async function preview(on) {
  const box = composer(), shown = box.querySelector(".composer-preview");
  if (on) {
    const response = await post(`/inbox/${box.dataset.conversation}/preview`, { text: field().value }).catch(() => null);
    if (!response?.ok) return;
    shown.innerHTML = await response.text(); // our own rendering: all that was typed is escaped in it
  }
  shown.hidden = !on;
  field().hidden = on || box.dataset.kind === "note";
  box.querySelector("[data-preview]").setAttribute("aria-pressed", String(on));
  if (!on) field().focus();
}

document.addEventListener("click", ({ target }) => {
  const how = target.closest?.("[data-format]");
  if (how) {
    if (!composer().querySelector(".composer-preview").hidden) return void preview(false);
    return format(how.dataset.format);
  }
  const toggle = target.closest?.("[data-preview]");
  if (toggle) return void preview(toggle.getAttribute("aria-pressed") !== "true");
  if (target.closest?.("#composer [role=tab], [data-send]") && composer()?.querySelector(".composer-preview:not([hidden])")) preview(false);
}, true);

document.addEventListener("keydown", (event) => {
  if (event.target.name !== "outbound" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.isComposing) return;
  const how = keys[event.key.toLowerCase()];
  if (!how || !composer()?.querySelector("[data-format]")) return;
  event.preventDefault();
  event.stopPropagation();
  format(how);
}, true);
