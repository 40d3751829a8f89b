// The widget inside its frame: talks to the host page, opens the session, wires the screen.
import { known, startComposer } from "./composer.js";
import { ask, connect, cursor, disconnect, newId, onUnknown, send, useToken, words } from "./server.js";
import { announce, apply, arrange, closeSide, complain, showSide, toEnd } from "./view.js";

const $ = (id) => document.getElementById(id);
const { dataset } = document.body;
const embedded = window.parent !== window && dataset.origin !== "";
const page = { visitor: "", url: "", title: "", identity: "" };
let open = false, started = null;
let unread = 0, seen = -1, read = 0, seenTimer, typingTimer;

const toHost = (type, more = {}) => { if (embedded) parent.postMessage({ switchroom: type, ...more }, dataset.origin); };
const visible = () => open && !document.hidden;

addEventListener("message", ({ data, origin, source }) => {
  if (!embedded || source !== parent || origin !== dataset.origin || typeof data?.switchroom !== "string") return;
  if (data.switchroom === "hello") Object.assign(page, { visitor: data.visitor, url: data.url, title: data.title });
  else if (data.switchroom === "open") show();
  else if (data.switchroom === "close") open = false;
  else if (data.switchroom === "identify") {
    Object.assign(known, { name: String(data.name ?? ""), email: String(data.email ?? "") });
    page.identity = String(data.token ?? "");
    if (started && page.identity) { disconnect(); started = session(); }
  }
});

/** The session, with the first opening of the widget: before that nothing is stored. */
async function session() {
  const response = await ask("/widget/session", {
    again: false,
    json: { key: dataset.key, visitor: page.visitor, lang: document.documentElement.lang, site: dataset.origin, page_url: page.url, page_title: page.title.slice(0, 300), identity: page.identity },
  });
  const answer = await response.json();
  useToken(answer.token);
  toHost("badge", { badge: answer.badge });
  await draw(answer.panel);
}

async function draw(html) {
  const text = $("text")?.value ?? "";
  await apply(html, "#panel");
  $("panel").removeAttribute("aria-busy");
  $("text").value = text;
  $("menu-button").hidden = false;
  seen = -1; read = 0; // no news
  toEnd();
  notice();
  connect();
}

async function refresh() {
  await draw(await (await ask("/widget/panel")).text());
  send({ type: "open", after: cursor() }); // more may have come meanwhile
}

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

/** Tell the agent what arrived and was read, the host what waits. */
function notice() {
  const theirs = [...document.querySelectorAll("#log .theirs")];
  const last = +(theirs.at(-1)?.dataset.seq ?? 0);
  const fresh = theirs.filter((item) => +item.dataset.seq > seen);
  if (seen >= 0 && fresh.length) arrived(fresh);
  const known = visible() ? read : seen;
  seen = last;
  if (!last || last <= known) return;
  if (visible()) read = last;
  clearTimeout(seenTimer);
  const fact = { seq: last, read: visible() };
  seenTimer = setTimeout(() => ask("/widget/seen", { json: fact }).catch(() => { seen = -1; read = 0; }), 200);
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
  const tone = new OscillatorNode(context, { frequency: 740 });
  tone.connect(new GainNode(context, { gain: 0.06 })).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + 0.14);
  tone.onended = () => context.close();
}

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
  for (const [id, phases] of [["end-button", ["active", "answered", "resting"]], ["mail-button", ["active", "answered", "resting", "ended", "waiting"]]]) $(id).hidden = !phases.includes(phase);
});
document.addEventListener("htmx:after:swap", notice);
document.addEventListener("visibilitychange", () => { if (visible()) notice(); });
document.addEventListener("live:reload", refresh);
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
  $("sound").ariaPressed = sounds();
}

onUnknown(session);
startComposer(refresh);
paintSound();
if (embedded) {
  $("close").hidden = false;
  toHost("ready", { color: dataset.color, position: dataset.position });
} else {
  page.visitor = remember("visitor") ?? remember("visitor", newId());
  show();
}
