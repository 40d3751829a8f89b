// Keeps every <time data-at data-shape> right without asking the server: ages, running clocks, countdowns.
// Limits: data-warn-at and data-late-at (ms since the epoch) put a time into data-state="warn" or "late".
const lang = document.documentElement.lang;
const zone = document.documentElement.dataset.timeZone || undefined;
const units = Object.fromEntries(["second", "minute", "hour", "day"].map((unit) => [unit, new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "narrow" })]));
const pastWord = new Intl.RelativeTimeFormat(lang, { style: "short" });
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

// The server's clock is the one that counts; its time comes with the page's Date header or a beat.
let skew = 0;
export function serverTime(ms) {
  skew = ms - Date.now();
}
export const now = () => Date.now() + skew;

function span(ms, say = (count, unit) => units[unit].format(count)) {
  if (ms < MINUTE) return say(Math.floor(ms / 1000), "second");
  if (ms < HOUR) return say(Math.floor(ms / MINUTE), "minute");
  if (ms < DAY) return say(Math.floor(ms / HOUR), "hour");
  return say(Math.floor(ms / DAY), "day");
}

// A bare "5分钟" is a length; Chinese says that it is past.
const past = lang.startsWith("zh") ? (count, unit) => pastWord.format(-count, unit) : undefined;

// What is new or old stays what the server wrote: "now", and a date.
export function ago(at, from = now()) {
  const age = from - at;
  return age >= MINUTE && age < 7 * DAY ? span(age, past) : null;
}

/** "0:05", "12:40", "1:02:03". */
export function timer(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60) % 60, hours = Math.floor(seconds / 3600);
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The time of day in the reader's zone. */
export const clock = (at) => new Intl.DateTimeFormat(lang, { timeStyle: "short", timeZone: zone }).format(at);

const shapes = {
  ago: (at) => ago(at),
  since: (at) => timer(now() - at),
  until: (at) => timer(at - now()),
  left: (at) => span(Math.abs(at - now())),
};

function refresh(element) {
  const { at, shape, warnAt, lateAt } = element.dataset;
  const text = shapes[shape]?.(Number(at));
  if (text != null && element.textContent !== text) element.textContent = text;
  const state = lateAt && now() >= lateAt ? "late" : warnAt && now() >= warnAt ? "warn" : "";
  if (shape === "left") element.toggleAttribute("data-soon", Math.abs(Number(at) - now()) < MINUTE);
  if ((element.dataset.state ?? "") !== state) element.dataset.state = state;
}

let ticks = 0;
function tick() {
  if (document.hidden) return;
  // Running clocks each second, ages each ten.
  const slow = ticks++ % 10 === 0;
  for (const element of document.querySelectorAll("time[data-shape]")) {
    if (slow || element.dataset.shape !== "ago") refresh(element);
  }
}

setInterval(tick, 1000);
document.addEventListener("visibilitychange", () => { ticks = 0; tick(); });
tick();
