// The composer: a message is on the screen at once, is sent until it is known to be stored, and is stored once,
// because every attempt carries the same key.
import { ask, connect, newId, Refused, send, upload, words } from "./server.js";
import { announce, apply, arrange, closeSide, complain, showSide, toEnd } from "./view.js";

const $ = (id) => document.getElementById(id);
const { dataset } = document.body;
const TYPING = 2_000, PAUSE = 350;
const visit = newId(); // in which articles are suggested
const unsent = new Map(); // key → what is to be sent, until the server has it
const uploads = new Set(); // of files that are on their way
let refresh = () => {};
let busy = false, typedAt = 0, shown = false, timer, asked = "", turn = 0;

export function startComposer(panel) {
  refresh = panel;
}

/** Who the host page says this is: a courtesy, never a proof. */
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
  suggest(""); // what was typed is no longer asked
  const message = {
    key: newId(), text, files: chips.map((chip) => chip.dataset.file), deflection: shown ? visit : "",
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
  for (const chip of chips) {
    const item = document.createElement("li");
    item.textContent = chip.querySelector(".chip-name").textContent;
    bubble.querySelector(".sent-files").append(item);
  }
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
    connect();
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
  if (!plain || event.target.id !== "text") return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
document.addEventListener("input", ({ target }) => {
  if (target.id !== "text") return;
  grow();
  complain($("text-error"), "");
  const text = target.value.trim(), on = text !== "";
  clearTimeout(timer);
  if (dataset.suggest === "on" && /new|waiting/.test(dataset.phase)) timer = setTimeout(() => { if (text !== asked) suggest((asked = text)); }, PAUSE);
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
const retryAll = () => unsent.forEach((_, key) => retry(key));
document.addEventListener("live:open", retryAll);
addEventListener("online", retryAll);

// Articles while somebody types, read in place; "that solved it" is counted.
async function suggest(text) {
  clearTimeout(timer);
  const mine = (turn += 1);
  const query = new URLSearchParams({ key: dataset.key, q: text.slice(0, 300), visit, lang: document.documentElement.lang });
  try {
    const html = text ? await (await ask(`/widget/suggest?${query}`)).text() : "";
    if (mine !== turn || !$("suggestions")) return;
    $("suggestions").innerHTML = html;
    shown ||= html.trim() !== "";
  } catch {
    // Suggestions are a courtesy: without them the chat works as well.
  }
}

async function open(id) {
  await showSide(await (await ask(`/widget/article/${id}?visit=${visit}`)).text());
}

async function solve(article) {
  await ask("/widget/solved", { json: { deflection: visit, article: Number(article) } });
  $("side").replaceChildren($("thanks").content.cloneNode(true));
  $("side-title").focus();
  announce($("side-title").textContent);
  $("composer")?.reset();
  suggest("");
  if (dataset.phase !== "new") refresh();
}

document.addEventListener("click", (event) => {
  const at = (what) => event.target.closest(what);
  const article = at("[data-article]"), solved = at("[data-solved]");
  if (at(".chip-remove")) at(".chip").remove();
  else if (at("[data-retry]")) retry(at("li").id.slice(4));
  else if (solved) solve(solved.dataset.solved).catch(closeSide);
  else if (article && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    open(article.dataset.article).catch(() => window.open(article.href, "_blank", "noopener"));
  }
});
