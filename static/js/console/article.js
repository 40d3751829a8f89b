// Writing an article: the toolbar, pictures where the caret is, and keeping what is typed.
import "./confirm.js";
import { post, sentenceOf } from "../request.js";
import { toast, words } from "../toast.js";

const form = () => document.querySelector("[data-editor]");
const body = () => document.getElementById("field-body");
const around = { bold: "**", italic: "*", code: "`" };
const before = { heading: () => "## ", list: () => "- ", ordered: (index) => `${index + 1}. `, quote: () => "> ", callout: (index) => index ? "> " : "> [!NOTE]\n> " };
const keys = { b: "bold", i: "italic", k: "link" };
const KEEP_AFTER_MS = 1200;

/** Put text in the place of start to end, as one step of the browser's own undo where it can. */
function replace(start, end, text, from, to) {
  const box = body();
  box.focus();
  box.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) box.setRangeText(text, start, end, "end");
  box.setSelectionRange(from, to);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function format(how) {
  const { selectionStart: start, selectionEnd: end, value } = body();
  const chosen = value.slice(start, end);
  if (around[how]) {
    const sign = around[how], n = sign.length;
    replace(start, end, `${sign}${chosen}${sign}`, start + n, end + n);
  } else if (how === "link") {
    const isAddress = /^https?:\S+$/.test(chosen), text = isAddress ? "" : chosen, address = isAddress ? chosen : "https://";
    const at = isAddress ? start + 1 : start + text.length + 3;
    replace(start, end, `[${text}](${address})`, at, isAddress ? at : at + address.length);
  } else if (how === "table") {
    const gap = start === 0 || value.slice(0, start).endsWith("\n\n") ? "" : value[start - 1] === "\n" ? "\n" : "\n\n";
    const text = `${gap}|  |  |\n| --- | --- |\n|  |  |\n`;
    replace(start, end, text, start + gap.length + 2, start + gap.length + 2);
  } else {
    const first = value.lastIndexOf("\n", start - 1) + 1;
    const lines = value.slice(first, end).split("\n").map((line, index) => before[how](index) + line).join("\n");
    replace(first, end, lines, first + lines.length, first + lines.length);
  }
}

/** Upload a picture; its words stand where it will be until it is there. */
async function picture(file) {
  const box = body(), name = file.name || "image.png";
  const waiting = `![${box.dataset.wordsUploading.replace("{name}", name)}]()`;
  replace(box.selectionStart, box.selectionEnd, waiting, box.selectionStart + waiting.length, box.selectionStart + waiting.length);
  const data = new FormData();
  data.append("brand", form().elements.brand.value);
  if (form().dataset.article) data.append("article", form().dataset.article);
  data.append("file", file, name);
  const response = await post("/knowledge/files", data).catch(() => null);
  const text = response ? await response.text() : "";
  let now = "";
  if (response?.ok) {
    const { url, name: alt } = JSON.parse(text);
    now = `![${alt.replaceAll(/[[\]]/g, "")}](${url})`;
  } else {
    toast((response && sentenceOf(text, response.headers)) ?? words(response ? `error-${response.status}` : "error-network") ?? words("error"), { kind: "danger" });
  }
  const at = box.value.indexOf(waiting);
  if (at >= 0) replace(at, at + waiting.length, now, at + now.length, at + now.length);
}

const pictures = (list) => [...(list ?? [])].filter(({ type }) => type.startsWith("image/"));

async function take(files) {
  for (const file of files) await picture(file); // one after the other: each stands below the one before
}

let timer;
document.addEventListener("input", ({ target }) => {
  if (!target.closest?.("[data-editor]") || target.type === "file") return;
  clearTimeout(timer);
  timer = setTimeout(() => document.getElementById("draft-state")?.dispatchEvent(new Event("article:keep")), KEEP_AFTER_MS);
});
document.addEventListener("submit", ({ target }) => { if (target.matches?.("[data-editor]")) clearTimeout(timer); });

document.addEventListener("click", ({ target }) => {
  const how = target.closest?.("[data-md]");
  if (how) format(how.dataset.md);
  if (target.closest?.("[data-picture]")) document.getElementById("article-picture").click();
});
document.addEventListener("change", ({ target }) => {
  if (target.id !== "article-picture") return;
  take(pictures(target.files));
  target.value = "";
});
document.addEventListener("keydown", (event) => {
  if (event.target.id !== "field-body" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.isComposing) return;
  const how = keys[event.key.toLowerCase()];
  if (!how) return;
  event.preventDefault();
  event.stopPropagation();
  format(how);
}, true);
document.addEventListener("keydown", (event) => { // within the toolbar the arrows go from sign to sign
  const bar = event.target.closest?.(".knowledge-toolbar"), step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!bar || !step) return;
  const signs = [...bar.querySelectorAll("button")];
  signs[(signs.indexOf(event.target) + step + signs.length) % signs.length].focus();
  event.preventDefault();
});
document.addEventListener("paste", (event) => {
  const files = event.target.id === "field-body" ? pictures(event.clipboardData?.files) : [];
  if (!files.length) return;
  event.preventDefault();
  take(files);
});
document.addEventListener("dragover", (event) => { if (event.target.id === "field-body" && event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  const files = event.target.id === "field-body" ? pictures(event.dataTransfer?.files) : [];
  if (!files.length) return;
  event.preventDefault();
  take(files);
});
