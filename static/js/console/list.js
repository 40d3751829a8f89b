// The list: moving through it by keys, keeping it live without ever moving the row under the pointer.
import { press } from "../keyboard.js";

const byId = (id) => document.getElementById(id);
const rows = () => [...document.querySelectorAll("#rows > .row-item")];
const linkOf = (row) => row?.querySelector(".row-link");
const openId = () => /^\/inbox\/(\d+)/.exec(location.pathname)?.[1];
const rowOf = (id) => byId(`row-${id}`);
const waiting = new Set(); // ids of rows that others have caused and that wait in the pill
const ours = new Set(); // ids of what was done on this page: their rows never wait

// ---- which one is open, and the keys ----

/** Mark the open conversation, and let Tab enter the list at it. */
function mark() {
  const current = openId();
  const all = rows();
  const entry = all.find((row) => row.dataset.id === current) ?? all[0];
  for (const row of all) {
    const link = linkOf(row);
    if (row.dataset.id === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    link.tabIndex = row === entry ? 0 : -1;
  }
  const empty = document.querySelector(".rows-empty");
  if (empty) empty.hidden = all.length > 0 || waiting.size > 0;
}

function open(row) {
  if (!row) return;
  row.scrollIntoView({ block: "nearest" });
  linkOf(row).focus({ preventScroll: true });
  press(linkOf(row));
}

function step(by) {
  const all = rows();
  const focused = document.activeElement?.closest?.(".row-item");
  const at = all.findIndex((row) => row === focused || (!focused && row.dataset.id === openId()));
  open(all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]);
}
document.addEventListener("list:next", () => step(1));
document.addEventListener("list:previous", () => step(-1));

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("#rows .row-item");
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!row || !by || event.isComposing) return;
  event.preventDefault();
  const all = rows();
  linkOf(all[all.indexOf(row) + by])?.focus();
});

// Done and its like: the row leaves, and the focus goes to the one that takes its place.
let openNext = false;
document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("[data-done-next]")) return;
  openNext = true;
  document.querySelector(".thread-done")?.click();
});
document.addEventListener("conversation:left", ({ detail: { id } }) => {
  const row = rowOf(id);
  const next = row?.nextElementSibling?.matches(".row-item") ? row.nextElementSibling : row?.previousElementSibling;
  refresh([id]);
  if (openNext && next) open(next);
  else linkOf(next ?? row)?.focus();
  openNext = false;
});

// ---- addresses: tabs, filter and search keep the conversation that is open ----

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const from = ctx.sourceElement;
  if (from.matches("[data-keeps-pane]") && openId()) {
    ctx.request.action = ctx.request.action.replace(/^\/inbox(?=\?|$)/, `/inbox/${openId()}`);
    if (ctx.push) ctx.push = "true";
  }
  if (from.id.startsWith("state-")) ctx.request.action += location.search;
  if (from.id === "rows-region") ctx.request.body.set("limit", String(Math.min(200, rows().length || 50)));
});

// ---- live ----

/** Whether somebody is at the rows, so that nothing may move among them. */
function busy() {
  if (!rows().length) return false;
  return byId("rows-region").matches(":hover") || byId("list-scroll").scrollTop > 8 || Boolean(document.activeElement?.closest("#rows"));
}

/** Something was done here to this conversation: it enters the list at once, whichever comes first, answer or socket. */
function own(id) {
  if (!id) return;
  ours.add(String(id));
  setTimeout(() => ours.delete(String(id)), 5_000);
  if (waiting.has(String(id))) refresh([id]);
}
const idIn = (path) => /^\/inbox\/(\d+)/.exec(path)?.[1];
document.addEventListener("conversation:open", ({ detail: { url } }) => own(idIn(url)));
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "GET") own(idIn(ctx.request.action));
});

function put(row) {
  const rank = Number(row.dataset.rank);
  const after = rows().find((other) => other !== row && Number(other.dataset.rank) < rank);
  byId("rows").insertBefore(row, after ?? byId("rows-more"));
}

/** Fetch some rows anew: those that belong here are shown, the others leave. */
export async function refresh(ids) {
  const region = byId("rows-region");
  if (!region || !ids.length) return;
  const query = region.dataset.query;
  const response = await fetch(`/inbox/rows${query ? `${query}&` : "?"}ids=${ids.join(",")}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ids) {
    const fresh = page.getElementById(`row-${id}`);
    const old = rowOf(id);
    if (!fresh) drop(id, old);
    else if (old) change(old, fresh);
    else if (busy() && !ours.has(String(id)) && String(id) !== openId()) waiting.add(String(id));
    else show(document.adoptNode(fresh));
  }
  const tabs = page.getElementById("inbox-tabs");
  if (tabs) {
    byId("inbox-tabs").replaceWith(document.adoptNode(tabs));
    htmx.process(tabs);
    countUnread(Number(tabs.dataset.unread));
  }
  offerNew();
  mark();
}

function change(old, fresh) {
  const focused = old.contains(document.activeElement);
  const row = document.adoptNode(fresh);
  old.replaceWith(row);
  if (!busy()) put(row);
  htmx.process(row);
  if (focused) linkOf(row).focus({ preventScroll: true });
}

function show(row) {
  waiting.delete(row.dataset.id);
  put(row);
  htmx.process(row);
}

function drop(id, row) {
  waiting.delete(String(id));
  if (!row) return;
  const focused = row.contains(document.activeElement);
  const next = row.nextElementSibling?.matches(".row-item") ? row.nextElementSibling : row.previousElementSibling;
  row.remove();
  if (focused) linkOf(next)?.focus({ preventScroll: true });
}

function offerNew() {
  const pill = byId("new-rows");
  pill.hidden = waiting.size === 0;
  pill.textContent = waiting.size === 1 ? pill.dataset.one : pill.dataset.many.replace("{count}", waiting.size);
}

function countUnread(unread) {
  const badge = byId("inbox-badge");
  if (!badge || Number(badge.dataset.unread) === unread) return;
  badge.dataset.unread = unread;
  badge.replaceChildren();
  if (unread) badge.append(Object.assign(document.createElement("span"), { className: "badge", ariaHidden: "true", textContent: unread < 100 ? unread : "99+" }));
}

document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("#new-rows")) return;
  const ids = [...waiting];
  waiting.clear();
  offerNew();
  byId("list-scroll").scrollTo({ top: 0 });
  target.blur();
  htmx.trigger("#rows-region", "rows:fetch", { ids });
});

const changed = new Set();
let timer = null;
document.addEventListener("live:list", ({ detail: { conversations = [] } }) => {
  if (!byId("rows-region")) return;
  if (!conversations.length) return htmx.trigger("#rows-region", "rows:fetch");
  for (const id of conversations) changed.add(id);
  timer ??= setTimeout(() => {
    timer = null;
    const ids = [...changed];
    changed.clear();
    refresh(ids);
  }, 60);
});

document.addEventListener("htmx:after:swap", () => {
  if (!byId("rows-region")) return;
  mark();
  const tabs = byId("inbox-tabs");
  if (tabs) countUnread(Number(tabs.dataset.unread));
});
document.addEventListener("htmx:after:history:push", mark);

// ---- going back ----

// Within the same list only the panes are fetched anew: the list keeps its rows and its place.
document.addEventListener("htmx:before:history:restore", (event) => {
  const region = byId("rows-region");
  const { pathname, search } = new URL(event.detail.path, location.origin);
  if (!region || !/^\/inbox(\/\d+(\/context)?)?$/.test(pathname) || search !== region.dataset.query) return;
  event.preventDefault();
  htmx.ajax("GET", pathname + search, { source: "#panes", target: "#panes", swap: "innerHTML" }).then(() => {
    showColumn();
    mark();
  });
});

/** In narrow windows: which column the address means. */
export function showColumn() {
  const root = byId("console");
  if (root) root.dataset.shows = /^\/inbox\/\d+\/context/.test(location.pathname) ? "context" : openId() ? "thread" : "list";
}
document.addEventListener("htmx:after:history:push", showColumn);

if (byId("rows-region")) mark();
