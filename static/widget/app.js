// The widget inside its frame: talks to the host page's loader, opens the session, and wires what is on the screen.
import { connect, disconnect } from "./live.js";
import { known, startComposer } from "./send.js";
import { ask, newId, onUnknown, useToken, words } from "./server.js";
import "./suggest.js";
import { announce, apply, arrange, closeSide, complain, showSide, toEnd } from "./view.js";

const $ = (id) => document.getElementById(id);
const { dataset } = document.body;
const embedded = window.parent !== window && dataset.origin !== "";
const page = { visitor: "", url: "", title: "" };
let open = false, started = null;
let unread = 0, seen = 0, read = 0, seenTimer, typingTimer;

const toHost = (type, more = {}) => { if (embedded) parent.postMessage({ switchroom: type, ...more }, dataset.origin); };
const visible = () => open && !document.hidden;

addEventListener("message", ({ data, origin, source }) => {
  if (!embedded || source !== parent || origin !== dataset.origin || typeof data?.switchroom !== "string") return;
  if (data.switchroom === "hello") Object.assign(page, { visitor: data.visitor, url: data.url, title: data.title });
  else if (data.switchroom === "open") show();
  else if (data.switchroom === "close") hide();
  else if (data.switchroom === "identify") Object.assign(known, { name: String(data.name ?? ""), email: String(data.email ?? "") });
});

/** The session, opened with the first opening of the widget: before that nothing is stored. */
async function session() {
  const response = await ask("/widget/session", {
    again: false,
    json: { key: dataset.key, visitor: page.visitor, lang: document.documentElement.lang, site: dataset.origin, page_url: page.url, page_title: page.title.slice(0, 300) },
  });
  const answer = await response.json();
  useToken(answer.token);
  toHost("badge", { badge: answer.badge });
  await draw(answer.panel);
}

/** Put a panel on the screen; what was typed stays. */
async function draw(html) {
  const text = $("text")?.value ?? "";
  await apply(html, "#panel");
  $("panel").removeAttribute("aria-busy");
  $("text").value = text;
  $("menu-button").hidden = false;
  seen = read = 0;
  toEnd();
  notice();
  connect();
}

const refresh = async () => draw(await (await ask("/widget/panel")).text());

async function show() {
  open = true;
  unread = 0;
  toHost("unread", { count: 0 });
  try {
    await (started ??= session());
  } catch (error) {
    started = null;
    $("panel").removeAttribute("aria-busy");
    $("panel").textContent = words(error);
    return;
  }
  toEnd();
  notice();
  ($("ask-name") ?? $("ask-email") ?? $("text"))?.focus({ preventScroll: true });
}

function hide() {
  open = false;
}

/** Tell the agent what arrived and what was read; tell the host what waits. */
function notice() {
  const theirs = [...document.querySelectorAll("#log .theirs")];
  const last = Math.max(0, ...theirs.map((item) => Number(item.dataset.seq)));
  const fresh = theirs.filter((item) => Number(item.dataset.seq) > seen);
  if (seen && fresh.length) arrived(fresh);
  if (last <= (visible() ? read : seen)) return;
  seen = last;
  if (visible()) read = last;
  clearTimeout(seenTimer);
  const fact = { seq: last, read: visible() };
  seenTimer = setTimeout(() => ask("/widget/seen", { json: fact }).catch(() => { seen = read = 0; }), 200);
}

function arrived(items) {
  $("typing").hidden = true;
  announce(items.map((item) => `${item.querySelector(".author").textContent}: ${item.querySelector(".bubble")?.textContent ?? ""}`).join("\n"));
  if (visible()) return;
  unread += items.length;
  toHost("unread", { count: unread });
  if (sounds()) beep();
}

const sounds = () => (remember("sound") ?? dataset.sound) === "on";

function remember(name, value) {
  try {
    if (value !== undefined) localStorage.setItem(`switchroom-${name}`, value);
    return localStorage.getItem(`switchroom-${name}`);
  } catch {
    return value ?? null; // storage is closed to frames in this browser
  }
}

function beep() {
  const context = new AudioContext();
  const gain = new GainNode(context, { gain: 0.06 });
  gain.connect(context.destination);
  [660, 880].forEach((frequency, at) => {
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(gain);
    tone.start(context.currentTime + at * 0.12);
    tone.stop(context.currentTime + at * 0.12 + 0.1);
  });
  setTimeout(() => context.close(), 1_000);
}

/** Forms and buttons of templates: data-post, data-get, data-opens, data-closes, data-back. */
async function post(form) {
  const place = form.querySelector(".error");
  complain(place, "");
  try {
    const html = await (await ask(form.dataset.post, { json: Object.fromEntries(new FormData(form)) })).text();
    if (form.dataset.post === "/widget/again") disconnect();
    await apply(html, form.dataset.into);
    if (!form.dataset.into) form.closest("dialog")?.close();
    connect();
    if (form.dataset.post === "/widget/again") $("text").focus();
  } catch (error) {
    if (place) complain(place, words(error, "email"));
    else announce(words(error));
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.post) return;
  event.preventDefault();
  post(event.target);
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { get, opens } = button.dataset;
  if (button.closest("#menu")) $("menu").hidePopover();
  if (get) ask(get).then((response) => response.text()).then(showSide, (error) => announce(words(error)));
  else if (opens) { $("mailing-done").replaceChildren(); $("mailing-email").value ||= $("composer")?.dataset.email ?? ""; $(opens).showModal(); }
  else if ("closes" in button.dataset) button.closest("dialog").close();
  else if ("back" in button.dataset) closeSide();
  else if (button.id === "close") toHost("close");
  else if (button.id === "sound") { remember("sound", sounds() ? "off" : "on"); paintSound(); }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || document.querySelector("dialog[open], :popover-open")) return;
  if (!closeSide()) toHost("close");
});
document.addEventListener("phase", ({ detail: phase }) => {
  for (const [id, phases] of [["end-button", ["active", "resting"]], ["mail-button", ["active", "resting", "ended", "waiting"]]]) $(id).hidden = !phases.includes(phase);
});
document.addEventListener("htmx:after:swap", notice);
document.addEventListener("visibilitychange", () => { if (visible()) notice(); });
document.addEventListener("live:reload", () => refresh());
document.addEventListener("sent", connect);
document.addEventListener("solved", () => { if (dataset.phase !== "new") refresh(); });
document.addEventListener("live:typing", ({ detail }) => {
  clearTimeout(typingTimer);
  $("typing").hidden = !detail.on;
  if (detail.on) { arrange(); typingTimer = setTimeout(() => { $("typing").hidden = true; }, 8_000); }
});
// A place in line moves when somebody else leaves it: nobody tells us, so we ask.
setInterval(() => {
  if (visible() && dataset.phase === "waiting") ask("/widget/status").then((response) => response.text()).then((html) => apply(html), () => {});
}, 15_000);

function paintSound() {
  $("sound").setAttribute("aria-pressed", String(sounds()));
}

onUnknown(session);
startComposer(refresh);
paintSound();
if (embedded) {
  $("close").hidden = false;
  toHost("ready", { color: dataset.color, position: dataset.position });
} else {
  page.visitor = remember("visitor") ?? remember("visitor", newId()) ?? newId();
  show();
}
