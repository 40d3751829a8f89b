// What stands on the screen: order and groups of messages, times, scrolling, what lies over the chat.
const $ = (id) => document.getElementById(id);
const GROUP = 5 * 60_000;
const NEAR = 80;
const lang = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(lang, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(lang, { month: "short", day: "numeric" });
const full = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
let sticks = true, end = 0; // the reader is at the end of the log

/** Swap an answer: its partials go where they say, the rest into `target`. */
export async function apply(html, target = "none") {
  const place = document.querySelector(target);
  await htmx.swap({ sourceElement: document.body, target: place ?? document.body, swap: place ? "innerHTML" : "none", text: html, transition: false });
  arrange();
}

/** After every change. */
export function arrange() {
  const log = $("log");
  if (!log) return;
  const seqOf = (item) => Number(item.dataset.seq ?? Infinity);
  const items = [...log.querySelectorAll("li.msg")];
  if (items.some((item, at) => at && seqOf(items[at - 1]) > seqOf(item))) {
    items.sort((one, other) => seqOf(one) - seqOf(other));
    log.append(...items);
  }
  write(document);
  group(items);
  document.querySelectorAll(".past-log").forEach((past) => group([...past.children]));
  const phase = $("status")?.dataset.phase ?? "new";
  if (document.body.dataset.phase !== phase) {
    document.body.dataset.phase = phase;
    document.dispatchEvent(new CustomEvent("phase", { detail: phase }));
  }
  if (sticks) toEnd();
}

function group(items) {
  items.forEach((item, at) => {
    const before = items[at - 1], after = items[at + 1];
    const joins = (one, other) => one && other && one.dataset.author === other.dataset.author && Math.abs(timeOf(one) - timeOf(other)) < GROUP;
    item.classList.toggle("first", !joins(before, item));
    item.classList.toggle("last", !joins(item, after));
  });
}

const timeOf = (item) => Number(item.querySelector("time")?.dataset.at ?? Date.now());

function write(root) {
  for (const time of root.querySelectorAll("time[data-at]:empty")) {
    const at = new Date(Number(time.dataset.at));
    const isToday = at.toDateString() === new Date().toDateString();
    const isDay = time.dataset.shape === "day";
    time.textContent = [isDay || !isToday ? day.format(at) : "", isDay ? "" : clock.format(at)].join(" ").trim();
    time.dateTime = at.toISOString();
    time.title = full.format(at);
  }
}

/** The end, or the beginning of an automatic answer. */
export function toEnd() {
  sticks = true;
  const scroll = $("scroll"), last = document.querySelector("[data-phase=answered] #log > :last-child");
  if (!scroll) return;
  scroll.scrollTop = last ? last.offsetTop - 8 : scroll.scrollHeight;
  end = scroll.scrollTop;
}

export const announce = (text) => { $("announcer").textContent = text; };

/** Lay an article or a list over the chat; the chat keeps its place behind it. */
export async function showSide(html) {
  const side = $("side");
  side.hidden = false;
  $("panel").inert = true;
  await apply(html, "#side");
  $("side-title")?.focus();
}

export function closeSide() {
  if ($("side").hidden) return false;
  $("side").hidden = true;
  $("side").replaceChildren();
  $("panel").inert = false;
  $("text")?.focus();
  return true;
}

/** A sentence under a field, or none. */
export function complain(element, text) {
  if (!element) return;
  element.textContent = text;
  element.hidden = !text;
  const field = document.querySelector(`[aria-describedby~="${element.id}"]`);
  if (!element.id || !field) return;
  if (text) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

document.addEventListener("scroll", ({ target }) => {
  if (target.id === "scroll") sticks = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR || target.scrollTop === end;
}, true);
document.addEventListener("htmx:after:swap", arrange);
addEventListener("resize", () => { if (sticks) toEnd(); });
