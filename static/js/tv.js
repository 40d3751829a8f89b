// A screen on the wall: asks for its numbers every two seconds, and shows since when it was not answered instead of
// passing old numbers off as new. A number that moves is not announced to a screen reader; an alert is.
import { clock } from "./time.js";

const EVERY = 2_000, STALE_AFTER = 10_000;
const { source } = document.body.dataset;
const fresh = document.getElementById("tv-fresh");
const words = document.getElementById("tv-fresh-words");
let heardAt = Date.now(), told = alerts();

function alerts() {
  return new Map([...document.querySelectorAll("#tv-alerts > li")].map((item) => [item.id, item.textContent.trim()]));
}

async function refresh() {
  try {
    const response = await fetch(source, { cache: "no-store", signal: AbortSignal.timeout(5_000) });
    if (response.status === 404) return gone();
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const board = page.getElementById("tv-board");
    if (!board) throw new Error("no board");
    document.getElementById("tv-board").replaceWith(document.adoptNode(board));
    heardAt = Date.now();
    announce();
  } catch {
    // said by show(), once it has lasted
  }
  show();
  setTimeout(refresh, EVERY);
}

/** Only what is new among the alerts: that is what somebody has to hear. */
function announce() {
  const now = alerts();
  const crossed = [...now].filter(([id]) => !told.has(id)).map(([, text]) => text);
  told = now;
  if (crossed.length) document.getElementById("tv-announcer").textContent = crossed.join(" ");
}

function show() {
  const stale = Date.now() - heardAt > STALE_AFTER;
  document.body.toggleAttribute("data-stale", stale);
  words.textContent = stale ? fresh.dataset.stale.replace("{time}", clock(heardAt)) : fresh.dataset.live;
  const time = document.querySelector(".tv-clock time");
  if (time) time.textContent = clock(Date.now());
}

function gone() {
  document.body.dataset.stale = "";
  document.getElementById("tv-board").replaceChildren();
  words.textContent = fresh.dataset.gone;
}

setInterval(show, 1_000);
setTimeout(refresh, EVERY);
