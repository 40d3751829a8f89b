// The composer: a message is on the screen at once, is sent until it is known to be stored, and is stored once,
// because every attempt carries the same key.
import { send } from "./live.js";
import { ask, newId, Refused, upload, words } from "./server.js";
import { visit } from "./suggest.js";
import { apply, arrange, complain, toEnd } from "./view.js";

const $ = (id) => document.getElementById(id);
const TYPING = 2_000;
const unsent = new Map(); // key → what is to be sent, until the server has it
const uploads = new Set(); // of files that are on their way
let refresh = () => {};
let busy = false, typedAt = 0;

/** `panel` draws the panel anew, keeping what was typed. */
export function startComposer(panel) {
  refresh = panel;
}

/** The first words of somebody the host page knows; never a proof of who they are. */
export const known = { name: "", email: "" };

async function submit(form) {
  if (busy) return;
  const data = new FormData(form);
  const asked = form.classList.contains("composer-form");
  await Promise.allSettled(uploads);
  const chips = [...$("chips").querySelectorAll("[data-file]")];
  const text = String(data.get("text")).trim();
  if (!text && !chips.length) return complain($("text-error"), $("words").dataset.empty);
  form.querySelectorAll(".error").forEach((place) => complain(place, ""));
  const message = {
    key: newId(), text, files: chips.map((chip) => chip.dataset.file), deflection: visit(),
    name: String(data.get("name") ?? known.name), email: String(data.get("email") ?? known.email),
    consent: data.get("consent") === "1",
  };
  if (asked || $("ask-consent")) return first(form, message);
  const bubble = show(message, chips);
  form.reset();
  $("chips").replaceChildren();
  grow();
  return attempt(message, bubble);
}

/** A message with questions around it waits for its answer: they may have to be put right. */
async function first(form, message) {
  busy = true;
  form.setAttribute("aria-busy", "true");
  try {
    await apply(await (await ask("/widget/messages", { json: message })).text());
    form.reset();
    await refresh();
  } catch (error) {
    refused(form, error);
  } finally {
    busy = false;
    form.removeAttribute("aria-busy");
  }
}

function refused(form, error) {
  const errors = error instanceof Refused ? error.problem.errors ?? {} : {};
  for (const field of Object.keys(errors)) complain($(`ask-${field}-error`), field === "consent" ? $("words").dataset.consent : words(error, field));
  if (!Object.keys(errors).some((field) => $(`ask-${field}-error`))) complain($("text-error"), words(error));
  form.querySelector("[aria-invalid]")?.focus();
}

function show({ key, text }, chips) {
  const bubble = $("bubble").content.firstElementChild.cloneNode(true);
  bubble.id = `msg-${key}`;
  const words = bubble.querySelector(".bubble");
  words.textContent = text;
  words.hidden = !text;
  bubble.querySelector(".sent-files").append(...chips.map((chip) => Object.assign(document.createElement("li"), { textContent: chip.querySelector(".chip-name").textContent })));
  $("log").append(bubble);
  arrange();
  toEnd();
  return bubble;
}

async function attempt(message, bubble) {
  unsent.set(message.key, message);
  mark(bubble, false);
  try {
    const html = await (await ask("/widget/messages", { json: message })).text();
    unsent.delete(message.key);
    await apply(html);
    document.dispatchEvent(new CustomEvent("sent"));
  } catch (error) {
    if (error.status === 409) return giveBack(message, bubble, refresh);
    if (error.status === 422) return giveBack(message, bubble, () => complain($("text-error"), words(error)));
    mark($(bubble.id) ?? bubble, true);
  }
}

/** It cannot be sent like this: the text goes back into the composer. */
async function giveBack(message, bubble, then) {
  unsent.delete(message.key);
  bubble.remove();
  $("text").value = message.text;
  await then();
}

function mark(bubble, failed) {
  bubble.classList.toggle("not-sent", failed);
  bubble.querySelector(".failed").hidden = !failed;
  bubble.querySelector(".meta").hidden = failed;
}

function retry(key) {
  const message = unsent.get(key), bubble = $(`msg-${key}`);
  if (message && bubble?.classList.contains("not-sent")) attempt(message, bubble);
}

function add(file) {
  const row = $("progress").content.firstElementChild.cloneNode(true);
  row.querySelector(".chip-name").textContent = file.name;
  $("chips").append(row);
  complain($("text-error"), "");
  if (file.size > Number(document.body.dataset.maxMb) * 1e6) return failed(row, $("words").dataset.too_large);
  const { done, cancel } = upload(file, (share) => { row.querySelector("progress").value = share; });
  row.querySelector(".chip-remove").addEventListener("click", cancel);
  const kept = done.then((html) => { row.outerHTML = html; }, (error) => failed(row, words(error, "file")));
  uploads.add(kept);
  return kept.finally(() => uploads.delete(kept));
}

function failed(row, text) {
  row.remove();
  complain($("text-error"), text);
}

/** The field is as high as its text, up to a limit the style sets. */
function grow() {
  const field = $("text");
  if (!field || CSS.supports("field-sizing", "content")) return;
  field.style.blockSize = "auto";
  field.style.blockSize = `${field.scrollHeight}px`;
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "composer") return;
  event.preventDefault();
  submit(event.target);
});
document.addEventListener("keydown", (event) => {
  const plain = event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
  if (!plain || event.target.id !== "text" || event.target.form.classList.contains("composer-form")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
document.addEventListener("input", ({ target }) => {
  if (target.id !== "text") return;
  grow();
  complain($("text-error"), "");
  const on = target.value.trim() !== "";
  if (on && Date.now() - typedAt < TYPING) return;
  typedAt = on ? Date.now() : 0;
  send({ type: "typing", on });
});
document.addEventListener("change", ({ target }) => {
  if (target.id !== "files") return;
  for (const file of target.files) add(file);
  target.value = "";
});
document.addEventListener("paste", (event) => {
  if (event.target.id === "text") for (const file of event.clipboardData.files) add(file);
});
document.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length || !$("chips")) return;
  event.preventDefault();
  for (const file of event.dataTransfer.files) add(file);
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-retry], .chip-remove");
  if (button?.matches(".chip-remove")) button.closest(".chip").remove();
  else if (button) retry(button.closest("li").id.slice(4));
});
for (const event of ["live:open", "online"]) {
  (event === "online" ? window : document).addEventListener(event, () => [...unsent.keys()].forEach(retry));
}
