// The thread: tells the socket what is open, keeps its end in sight, says aloud what a customer writes.
import { cursor, send } from "../connection.js";
import { alertReader } from "../desk.js";
import { announce, toast } from "../toast.js";
import { words } from "./words.js";

const byId = (id) => document.getElementById(id);
const scroller = () => byId("thread-scroll");
let shown = null; // the conversation on the page
let furthest = 0; // the last event of it that was ever on the page
let atEnd = true;

/** The conversation that is on the page, or null. */
export const conversation = () => byId("thread-pane")?.dataset.conversation ?? null;

const nearEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 80;

export function toEnd() {
  const box = scroller();
  if (box) box.scrollTop = box.scrollHeight;
  atEnd = true;
  const jump = byId("jump");
  if (jump) jump.hidden = true;
}

/** A conversation was opened, or all of them left: the socket is told, the last lines are shown. */
function opened() {
  const id = conversation();
  const at = cursor();
  const isOld = at && at.after < furthest; // a page asked for before the socket brought more: that comes again
  furthest = at?.after ?? 0;
  if (id === shown && !isOld) return;
  if (at) send({ type: "open", ...at });
  else send({ type: "close" });
  if (id === shown) return;
  shown = id;
  const box = scroller();
  if (!box) return;
  box.addEventListener("scroll", () => {
    atEnd = nearEnd(box);
    if (atEnd) byId("jump").hidden = true;
  }, { passive: true });
  const line = box.querySelector("[data-new-line]");
  toEnd();
  if (line && line.offsetTop < box.scrollTop) box.scrollTop = Math.max(0, line.offsetTop - 80);
  new MutationObserver(grown).observe(box.querySelector(".thread"), { childList: true });
  new ResizeObserver(() => { if (atEnd) toEnd(); }).observe(box.querySelector(".thread"));
}

/** Something came at the end: stay there, or offer to go there; a customer's words are said. */
function grown(changes) {
  const last = scroller()?.querySelector(".thread > .message:last-of-type");
  const added = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches?.(".message"));
  if (!last || !added.length) return;
  const fresh = added.filter((node) => Number(node.dataset.seq) >= Number(last.dataset.seq));
  if (!fresh.length) return;
  if (atEnd || fresh.some((node) => node.dataset.state === "sending")) toEnd();
  else byId("jump").hidden = false;
  for (const node of fresh) {
    if (node.dataset.kind !== "inbound" || told.has(node.id)) continue;
    told.add(node.id);
    const text = node.querySelector(".message-text")?.textContent ?? "";
    announce(words("says", { name: node.dataset.author, text: text.slice(0, 300) }));
    if (byId("thread-pane").dataset.assignee === byId("console").dataset.agent) {
      alertReader("sound_reply", words("newMessage", { name: node.dataset.author }), text.slice(0, 120));
    }
  }
  hideTyping();
}
const told = new Set();

document.addEventListener("click", ({ target }) => { if (target.closest?.("#jump")) toEnd(); });
document.addEventListener("htmx:after:swap", opened);
document.addEventListener("live:open", () => { if (conversation() && !cursor()) send({ type: "close" }); });

// More was missed than is replayed: fetch the panes anew. No longer ours to see: leave them.
document.addEventListener("live:reload", ({ detail }) => {
  if (String(detail.conversation) !== conversation()) return;
  shown = null;
  htmx.ajax("GET", location.pathname + location.search, { source: "#panes", target: "#panes", swap: "innerMorph" });
});
document.addEventListener("live:gone", ({ detail }) => {
  if (String(detail.conversation) !== conversation()) return;
  toast(words("gone"), { kind: "info" });
  htmx.ajax("GET", `/inbox${location.search}`, { source: "#panes", target: "#panes", swap: "innerHTML", push: `/inbox${location.search}` });
});

// ---- the customer is typing ----

let typingTimer = null;
function hideTyping() {
  const box = byId("typing");
  if (box) box.hidden = true;
}
document.addEventListener("live:typing", ({ detail }) => {
  const box = byId("typing");
  if (!box || String(detail.conversation) !== conversation()) return;
  clearTimeout(typingTimer);
  box.hidden = !detail.on;
  const name = document.querySelector(".thread-title")?.textContent ?? "";
  byId("typing-words").textContent = words("typing", { name });
  if (detail.on) typingTimer = setTimeout(hideTyping, 8_000);
  if (atEnd) toEnd();
});

opened();
