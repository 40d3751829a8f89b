// What an agent must not miss on any page: offers, unread counts in the title, a sound, a notification.
// Sounds and notifications only where they were asked for, only while nobody looks, only in one tab.
import { post } from "./request.js";
import { toast } from "./toast.js";
import { words } from "./console/words.js";


// ---- offers ----

document.addEventListener("conversation:open", ({ detail: { url } }) => {
  if (document.getElementById("panes")) {
    htmx.ajax("GET", url, { source: "#panes", target: "#panes", swap: "innerHTML", push: url });
  } else {
    location.assign(url);
  }
});

document.addEventListener("offer:answered", ({ detail: { id } }) => document.getElementById(`offer-${id}`)?.remove());

document.addEventListener("consult:answered", ({ detail: { id } }) => document.getElementById(`consult-${id}`)?.remove());

const waiting = () => [...document.querySelectorAll(".offer:not([data-over])")];

// Somebody else was quicker: said for a while, then the card goes.
const leaving = new WeakSet();
function dismissOver() {
  for (const card of document.querySelectorAll(".offer[data-over]")) {
    if (leaving.has(card)) continue;
    leaving.add(card);
    setTimeout(() => card.remove(), 6_000);
  }
}

// What a colleague did is told in a notice, wherever one is; htmx puts it into #news-<agent>.
function tellNews() {
  for (const item of document.querySelectorAll("[data-news]")) {
    const { news, href } = item.dataset;
    item.remove();
    if (href && location.pathname === href && !item.hasAttribute("data-always")) continue; // the conversation says it
    const open = { label: words("openIt"), run: () => document.dispatchEvent(new CustomEvent("conversation:open", { detail: { url: href } })) };
    toast(item.textContent.trim(), { kind: news, action: href && location.pathname !== href && open.label ? open : undefined });
  }
}

// A call for help says what it is about, where a conversation is open.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const open = document.getElementById("thread-pane")?.dataset.conversation;
  if (ctx.sourceElement.matches("[data-help]") && open) ctx.request.body.set("conversation", open);
});

let offered = new Set();
function lookAtOffers() {
  const now = new Set(waiting().map((offer) => offer.id));
  const fresh = [...now].filter((id) => !offered.has(id));
  offered = now;
  if (!fresh.length) return;
  const card = document.getElementById(fresh[0]);
  alertReader("sound_assigned", (!card.classList.contains("consult") && words("newOffer")) || card.ariaLabel, card.querySelector("strong")?.textContent ?? "");
}

// ---- the title ----

const bare = () => document.title.replace(/^\(\d+\+?\) /, "");
function nameTab() {
  const unread = Number(document.getElementById("inbox-badge")?.dataset.unread ?? 0);
  const count = unread + waiting().length;
  const title = count ? `(${count > 99 ? "99+" : count}) ${bare()}` : bare();
  if (document.title !== title) document.title = title;
}

// ---- sounds and notifications ----

let audio = null;
/** Two short tones; browsers allow it once the page was clicked. */
function ring() {
  audio ??= new AudioContext();
  for (const [index, pitch] of [660, 880].entries()) {
    const at = audio.currentTime + index * 0.14;
    const tone = audio.createOscillator(), volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.08, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.3);
  }
}

const wanted = (name) => document.getElementById("desk")?.dataset[name.replace(/_(\w)/g, (_, c) => c.toUpperCase())] === "on";
const desktop = () => localStorage.getItem("desktop") === "on" && globalThis.Notification?.permission === "granted";

/** Say it by the means the agent has chosen; one tab of several does. */
export function alertReader(sound, title, body) {
  if (!document.hidden && document.hasFocus()) return;
  if (!wanted(sound) && !desktop()) return;
  const tell = () => {
    if (wanted(sound)) ring();
    if (!desktop()) return;
    const notice = new Notification(title, { body, tag: title });
    notice.addEventListener("click", () => { focus(); notice.close(); });
  };
  navigator.locks.request("switchroom-attention", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    tell();
    await new Promise((done) => { setTimeout(done, 1_500); });
  });
}

function markToggles() {
  for (const item of document.querySelectorAll("[data-toggle]")) {
    const name = item.dataset.toggle;
    const on = name === "desktop" ? desktop() : name === "enter_sends" ? document.getElementById("console")?.dataset.enterSends === "chat" : wanted(name);
    item.setAttribute("aria-checked", String(on));
  }
}

document.addEventListener("click", async ({ target }) => {
  const name = target.closest?.("[data-toggle]")?.dataset.toggle;
  if (!name) return;
  if (name === "desktop") {
    const granted = desktop() ? "off" : await Notification.requestPermission();
    localStorage.setItem("desktop", granted === "granted" ? "on" : "off");
    if (granted === "denied") toast(words("denied"), { kind: "danger" });
  } else if (name === "enter_sends") {
    const data = document.getElementById("console").dataset;
    data.enterSends = data.enterSends === "chat" ? "never" : "chat";
    post("/preferences", { enter_sends: data.enterSends });
  } else {
    const value = wanted(name) ? "off" : "on";
    document.getElementById("desk").dataset[name.replace(/_(\w)/g, (_, c) => c.toUpperCase())] = value;
    post("/preferences", { [name]: value });
    if (value === "on") ring();
  }
  markToggles();
});

// The order of the list is in its address; the one chosen last holds where an address names none.
document.addEventListener("click", ({ target }) => {
  const chosen = target.closest?.("[data-list-sort]")?.dataset.listSort;
  if (chosen) post("/preferences", { list_sort: chosen }).catch(() => {});
});

if (document.getElementById("desk")) {
  new MutationObserver(() => { lookAtOffers(); dismissOver(); tellNews(); nameTab(); }).observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-unread"] });
  document.addEventListener("htmx:after:swap", markToggles);
  offered = new Set(waiting().map((offer) => offer.id));
  nameTab();
  markToggles();
}
