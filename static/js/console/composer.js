// Writing: reply and note, each with its own text; kept on the server; sent at once, stored soon after.
import { post } from "../request.js";
import { announce } from "../toast.js";
import { addressees, confirmAddressees, setAddressees } from "./addresses.js";
import "./format.js";
import { attached, clearFiles, takeFiles } from "./files.js";
import { armed, armedChips, asksForValue, disarm, macroKey, lookForMacro, rearm } from "./macros.js";
import { onlyGreeting } from "./greeting.js";
import { clearMaterials, materials, putIn, setMaterials } from "./materials.js";
import { deliver } from "./sending.js";
import { sent, typing } from "./typing.js";
import { words } from "./words.js";

const form = () => document.getElementById("composer");
const kind = () => form().dataset.kind;
const field = (which = kind()) => form().elements[which];
const status = (text) => { document.getElementById("composer-status").textContent = text; };

// ---- reply or note ----

function choose(which) {
  const box = form();
  box.dataset.kind = which;
  for (const tab of box.querySelectorAll("[role=tab]")) tab.setAttribute("aria-selected", String(tab.dataset.kind === which));
  box.querySelector("#composer-box").setAttribute("aria-labelledby", `kind-${which}`);
  for (const name of ["outbound", "note"]) box.elements[name].hidden = name !== which;
  const button = box.querySelector("[data-send=stay]");
  button.className = `button button-small ${which === "note" ? "button-private" : "button-primary"}`;
  button.querySelector("[data-label]").textContent = which === "note" ? button.dataset.labelNote : button.dataset.labelOutbound;
  field().focus();
}

document.addEventListener("click", (event) => {
  const { target } = event;
  const tab = target.closest?.("#composer [role=tab]");
  if (tab) return choose(tab.dataset.kind);
  const how = target.closest?.("[data-send]");
  if (how && form()) {
    event.preventDefault();
    return submit(how.dataset.send, how.dataset.sendAt);
  }
  const insert = target.closest?.("[data-insert]");
  if (insert) put(insert.dataset.insert);
  if (insert?.dataset.material && kind() === "outbound") putIn(insert.dataset.material);
  if (target.closest?.("[data-articles]")) {
    if (!matchMedia("(min-width: 1100px)").matches) document.querySelector(".thread-context-button")?.click();
    document.getElementById("article-search")?.focus();
  }
});

/** Put text in at the caret of what is being written. */
function put(text) {
  const box = field();
  box.focus();
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}
// A picture that was pasted or dropped stands where the caret is; taken off, it leaves the text as well.
document.addEventListener("composer:picture", ({ detail: { key, name } }) => {
  if (form()?.dataset.channel !== "chat" && kind() === "outbound") put(`![${name.replace(/[[\]()]/g, "")}](cid:${key})`);
});
document.addEventListener("composer:no-picture", ({ detail: { key } }) => {
  const box = form()?.elements.outbound;
  if (!key || !box?.value.includes(`(cid:${key})`)) return;
  box.value = box.value.replace(new RegExp(`!\\[[^\\]]*\\]\\(cid:${key}\\)`, "g"), "");
  box.dispatchEvent(new Event("input", { bubbles: true }));
});
document.addEventListener("composer:kind", ({ detail }) => {
  const focused = document.activeElement;
  choose(detail.kind);
  if (!form().contains(focused)) focused?.focus?.(); // the page changed, not the writer
});
document.addEventListener("composer:insert", ({ detail }) => { if (form()) put(detail.text); });
document.addEventListener("composer:restore", ({ detail }) => {
  if (!form()) return;
  if (detail.kind) choose(detail.kind);
  const written = field().value.trim();
  if (!written) field().value = detail.text;
  else if (detail.before) field().value = `${detail.text}\n\n${written}`;
  setAddressees(detail);
  setMaterials(detail);
  rearm(detail.macro, detail.macroChips);
  field().focus();
  keep();
});

// ---- drafts ----

/** Whom it goes to, what is attached and what was put in: kept with the reply. */
const extras = () => ({ ...addressees(), ...materials(), files: attached().map(({ key }) => key).join(",") });
const signature = () => JSON.stringify(extras());

let begun = null;
function begin() {
  if (!form() || form() === begun) return;
  begun = form();
  const files = JSON.parse(document.getElementById("composer-files").dataset.kept || "[]");
  if (files.length) document.dispatchEvent(new CustomEvent("composer:files", { detail: { files } }));
  begun.dataset.savedExtras = signature();
}
document.addEventListener("htmx:after:swap", begin);
begin();
document.addEventListener("composer:changed", () => { if (form() && form() === begun) keep(); });

let draftTimer = null, stored = Promise.resolve();
function keep() {
  clearTimeout(draftTimer);
  draftTimer = setTimeout(save, 700);
}

/** Store what was typed since; both texts, because one may have been left for the other. */
function save({ leaving = false } = {}) {
  clearTimeout(draftTimer);
  const box = form();
  if (!box) return;
  for (const which of ["outbound", "note"]) {
    const { value, dataset } = box.elements[which];
    const more = which === "outbound" && box === begun, now = more ? signature() : "";
    if (value === dataset.saved && (!more || now === box.dataset.savedExtras)) continue;
    const before = { text: dataset.saved, extras: box.dataset.savedExtras };
    const fields = { kind: which, text: value, ...(more ? extras() : {}) };
    dataset.saved = value;
    if (more) box.dataset.savedExtras = now;
    // One after another: an older text must not arrive last, nor one that was sent meanwhile.
    const latest = () => dataset.saved === value && store(box, fields, before);
    stored = leaving ? latest() : stored.then(latest); // a page that goes cannot wait
  }
}

async function store(box, fields, before) {
  try {
    const response = await post(`/inbox/${box.dataset.conversation}/draft`, fields, { keepalive: fields.text.length < 30_000 });
    if (!response.ok) throw new Error(String(response.status));
    const wrong = box.querySelector("[data-address][aria-invalid]"); // what it says of an address stays
    if (box === form() && !wrong) status(fields.text.trim() ? words("saved") : "");
    const dot = document.querySelector(`#row-${box.dataset.conversation} .row-draft`);
    if (dot) dot.hidden = !["outbound", "note"].some((name) => box.elements[name].value.trim());
  } catch {
    box.elements[fields.kind].dataset.saved = before.text;
    if ("files" in fields) box.dataset.savedExtras = before.extras;
    if (box === form()) status(words("unsaved"));
    draftTimer = setTimeout(save, 5_000);
  }
}
document.addEventListener("visibilitychange", () => { if (document.hidden) save({ leaving: true }); });
addEventListener("pagehide", () => save({ leaving: true }));
document.addEventListener("htmx:before:swap", () => save());

// ---- typing ----

document.addEventListener("input", ({ target }) => {
  if (!target.matches?.(".composer-text")) return;
  status("");
  keep();
  typing(field().value, kind() === "note");
  lookForMacro(target);
});

// ---- keys ----

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.(".composer-text") || event.isComposing || event.keyCode === 229) return;
  if (macroKey(event)) return;
  const enterSends = document.getElementById("console").dataset.enterSends === "chat" && form().dataset.channel === "chat";
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey || (enterSends && !event.shiftKey && !event.altKey))) {
    event.preventDefault();
    submit("stay");
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.target.blur();
    document.getElementById("thread-scroll").focus();
  }
});

// ---- sending ----

document.addEventListener("submit", (event) => {
  const later = event.target.closest?.("#send-later");
  if (event.target !== form() && !later) return;
  event.preventDefault();
  later?.close();
  submit("stay", later ? event.target.elements.send_at.value : "");
}, true);

// What was asked before sending was answered: the same once more, as it stands now.
document.addEventListener("composer:send", ({ detail }) => {
  choose(detail.kind);
  submit(detail.then, detail.sendAt, detail.more);
});

function submit(then, sendAt = "", more = {}) {
  const box = form(), which = kind(), text = field().value;
  if ((!text.trim() || onlyGreeting(field())) && !attached().length) return field().focus();
  if (document.querySelector(".upload[data-busy]")) return announce(document.querySelector(".upload[data-busy]").getAttribute("aria-label"));
  if (which === "outbound" && (!confirmAddressees() || asksForValue(field()))) return;
  clearTimeout(draftTimer);
  sent();
  deliver({
    conversation: box.dataset.conversation, kind: which, text, then,
    sendAt: which === "outbound" ? sendAt : "",
    ...(which === "outbound" ? { ...addressees(), ...materials() } : {}),
    files: attached(),
    macro: armed(), macroChips: armedChips(),
    keeps: which === "outbound" ? [...document.querySelectorAll("[data-keeps]:checked")].map((box) => box.value) : [],
    ...more,
  });
  field().value = "";
  field().dataset.saved = "";
  if (which === "outbound") delete field().dataset.greeting;
  const dot = document.querySelector(`#row-${box.dataset.conversation} .row-draft`);
  if (dot) dot.hidden = true;
  clearFiles();
  if (which === "outbound") clearMaterials();
  disarm();
  box.dataset.savedExtras = signature();
  status("");
  field().focus();
}

// ---- files ----

document.addEventListener("paste", (event) => {
  if (!event.target.matches?.(".composer-text") || !event.clipboardData.files.length) return;
  event.preventDefault();
  takeFiles(event.clipboardData.files, true);
});
