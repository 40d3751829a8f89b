// Sending: the message stands in the thread at once; the server's takes its place by its id. What got no
// answer in ten seconds can be sent again under the same id, so that it never arrives twice.
import { cursor } from "../connection.js";
import { post, sentenceOf } from "../request.js";
import { toast, words as common } from "../toast.js";
import { toEnd } from "./thread.js";
import { words } from "./words.js";

const PATIENCE = 10_000;
const LAST = "999999999"; // behind everything until the server has numbered it
const unsent = new Map(); // key → what was to be sent

const newKey = () => crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Send {conversation, kind, text, cc, files, then}; `seen` is what is on the screen now. */
export function deliver(message) {
  const at = cursor();
  const sent = { force: false, ...message, key: newKey(), seen: at?.after ?? "" };
  unsent.set(sent.key, sent);
  bubble(sent);
  attempt(sent);
}

function bubble({ key, kind, text, files }) {
  const thread = document.querySelector(".thread");
  const item = document.getElementById("sending").content.firstElementChild.cloneNode(true);
  item.id = `msg-${key}`;
  item.dataset.seq = LAST;
  item.dataset.key = key;
  if (kind === "note") item.classList.replace("message-ours", "message-note");
  item.querySelector(".message-text").textContent = [text.replace(/!\[([^\]\n]*)\]\(cid:[\w-]+\)/g, "[$1]"), ...files.map(({ name }) => `📎 ${name}`)].filter(Boolean).join("\n");
  thread.append(item);
  toEnd();
}

async function attempt(sent) {
  setState(sent.key, "sending");
  const fields = { key: sent.key, kind: sent.kind, text: sent.text, to: sent.to ?? "", cc: sent.cc ?? "", bcc: sent.bcc ?? "", files: sent.files.map(({ key }) => key).join(","), seen_seq: sent.seen, force: sent.force, keeps: (sent.keeps ?? []).join(","), send_at: sent.sendAt ?? "", materials: sent.materials ?? "", again: sent.again ?? false, beyond: sent.beyond ?? "" };
  if (sent.macro) fields.macro = sent.macro;
  if (fields.seen_seq === "") delete fields.seen_seq;
  try {
    const response = await post(`/inbox/${sent.conversation}/messages`, fields, { signal: AbortSignal.timeout(PATIENCE) });
    const text = await response.text();
    if (response.ok) return accepted(sent, text, response.headers.get("HX-Trigger"));
    if (response.status === 401) return location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    const isHtml = response.headers.get("Content-Type")?.includes("html");
    if (response.status === 409 && isHtml) return missed(sent, text);
    refused(sent, sentenceOf(text, response.headers));
  } catch {
    setState(sent.key, "failed");
  }
}

function accepted(sent, html, told) {
  unsent.delete(sent.key);
  const item = new DOMParser().parseFromString(html, "text/html").querySelector("li");
  const old = document.getElementById(item.id);
  // The socket may have been quicker; then the message stands there already.
  if (old?.dataset.state === "sending" || old?.dataset.state === "failed") {
    const fresh = document.adoptNode(item);
    old.replaceWith(fresh);
    htmx.process(fresh);
    settle(fresh);
  }
  const undo = item.querySelector("[data-take-back]")?.dataset.takeBack;
  // Who goes on to the next conversation takes it back from the notice.
  if (undo && (sent.then !== "stay" || told)) toast(words("sends"), { kind: "success", action: { label: common("undo"), run: () => takeBackSent(undo) } });
  // A macro has done what it does; the page follows as if a button had been pressed.
  for (const [name, detail] of Object.entries(JSON.parse(told ?? "{}"))) document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  if (told) return;
  if (sent.then === "done") document.querySelector(".thread-done")?.click();
  if (sent.then === "snooze") htmx.ajax("POST", `/inbox/${sent.conversation}/snooze`, { values: { until: "tomorrow" }, swap: "none" });
}

/** What came in while it was under way stands before it until it has its own number. */
export function settle(item) {
  const seq = Number(item.dataset.seq);
  let before = item.previousElementSibling;
  while (before?.dataset.seq && Number(before.dataset.seq) > seq) {
    before.before(item);
    before = item.previousElementSibling;
  }
}

/** Something is asked first, above the text, which is kept: somebody wrote meanwhile, they had it already. */
function missed(sent, html) {
  if (document.getElementById("composer")?.dataset.conversation !== sent.conversation) return astray(sent);
  takeBack(sent);
  const box = document.getElementById("stale");
  box.innerHTML = "";
  box.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  const go = box.querySelector("[data-stale=send]"), why = box.querySelector("[data-beyond]");
  go?.addEventListener("click", () => {
    if (why && !why.value.trim()) return why.focus();
    const sets = go.dataset.sets ?? "force", { kind, then, sendAt, force, keeps, beyond = "" } = sent;
    const more = { force, keeps, beyond, [sets]: why ? why.value.trim() : true };
    box.replaceChildren();
    document.dispatchEvent(new CustomEvent("composer:send", { detail: { kind, then, sendAt, more } }));
  });
  box.querySelector("[data-stale=keep]").addEventListener("click", () => { box.replaceChildren(); field(sent.kind).focus(); });
  (why ?? go ?? box.querySelector("[data-stale=keep]")).focus();
}

/** Another conversation is open by now: what was not sent waits as a draft where it belongs. */
async function astray({ key, conversation, kind, text, to = "", cc = "", bcc = "", files, materials = "" }) {
  unsent.delete(key);
  const kept = { kind, text, to, cc, bcc, files: files.map((file) => file.key).join(","), materials };
  await post(`/inbox/${conversation}/draft`, kept).catch(() => null);
  toast(words("asksFirst"), { kind: "danger", action: { label: words("openIt"), run: () => location.assign(`/inbox/${conversation}`) } });
}

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("#stale-box");
  if (!box) return;
  const key = event.key === "Escape" ? "keep" : event.key === "Enter" && event.target.matches("[data-beyond]") ? "send" : "";
  if (!key) return;
  event.preventDefault();
  event.stopPropagation();
  box.querySelector(`[data-stale=${key}]`)?.click();
}, true);

const field = (kind) => document.getElementById("composer").elements[kind];

/** Out of the thread, back into the composer. */
function takeBack(sent) {
  unsent.delete(sent.key);
  document.getElementById(`msg-${sent.key}`)?.remove();
  document.dispatchEvent(new CustomEvent("composer:restore", { detail: sent }));
  document.dispatchEvent(new CustomEvent("composer:files", { detail: { files: sent.files } }));
}

/** What the server has and holds back still: out of the thread, back into the composer. */
async function takeBackSent(id, drop = false) {
  const response = await post(`/messages/${id}/take-back`).catch(() => null);
  if (!response?.ok) return toast((response && sentenceOf(await response.text(), response.headers)) ?? common("error-network"), { kind: "danger" });
  const back = await response.json();
  document.querySelector(`.message[data-id="${id}"]`)?.remove();
  const composer = document.getElementById("composer");
  if (composer?.dataset.conversation !== String(back.conversation)) return location.assign(`/inbox/${back.conversation}`);
  if (back.form) return drop ? undefined : htmx.ajax("GET", back.form, { target: "#sheet", swap: "innerHTML" });
  if (drop) return post(`/inbox/${back.conversation}/draft`, { kind: "outbound", text: composer.elements.outbound.value });
  document.dispatchEvent(new CustomEvent("composer:restore", { detail: { ...back, kind: "outbound", before: true } }));
  document.dispatchEvent(new CustomEvent("composer:files", { detail: back }));
  toast(words("takenBack"));
}

function refused(sent, why) {
  if (why) toast(why, { kind: "danger" });
  setState(sent.key, "failed", why);
}

function setState(key, state, why) {
  const item = document.getElementById(`msg-${key}`);
  if (!item?.classList.contains("message-sending")) return;
  item.dataset.state = state;
  const reason = item.querySelector("[data-why]");
  reason.textContent = why ?? reason.dataset.default;
}

document.addEventListener("click", ({ target }) => {
  const held = target.closest?.("[data-take-back]");
  if (held) return takeBackSent(held.dataset.takeBack, held.hasAttribute("data-drop"));
  const key = target.closest?.(".message-sending")?.dataset.key;
  const sent = unsent.get(key);
  if (!sent) return;
  if (target.closest("[data-retry]")) attempt(sent);
  if (target.closest("[data-give-up]")) takeBack(sent);
});

document.addEventListener("htmx:after:swap", () => {
  for (const item of document.querySelectorAll(".thread > .message[data-seq]:last-child, .thread > .message[data-seq]:nth-last-child(2)")) {
    if (item.dataset.seq !== LAST) settle(item);
  }
});
