// The widget's one socket. hx-ws swaps what comes; this decides when to connect, with which ticket and cursor,
// notices silence, and tells the visitor only what lasts.
import { ask, Refused } from "./server.js";

const SILENCE = 60_000; // beats come every 25 s
const GOOD_AFTER = 10_000; // a socket that lived less counts as a failure
const SAY_AFTER = 5_000;

const live = document.getElementById("live");
const net = document.getElementById("net");
const { dataset: text } = document.getElementById("words");
let socket = null, url = null;
let state = "idle"; // idle, connecting, open, waiting, stopped
let failures = 0, openedAt = 0, heardAt = 0;
let retryTimer, sayTimer, wasLost = false;

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));
const cursor = () => document.querySelector("data.cursor");

/** Send a small fact; lost without harm when there is no connection. */
export function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

/** Connect, if there is a conversation to listen to and no connection yet. */
export async function connect() {
  clearTimeout(retryTimer);
  if (!cursor() || state === "connecting" || state === "open" || state === "stopped") return;
  state = "connecting";
  try {
    const { ticket } = await (await ask("/widget/live/ticket", { json: {} })).json();
    url = new URL("/widget/live", location.href.replace(/^http/, "ws"));
    url.searchParams.set("ticket", ticket);
    url.searchParams.set("after", cursor()?.value ?? 0);
  } catch (error) {
    return error instanceof Refused && error.status === 403 ? stop("stopped") : lost();
  }
  htmx.process(live, true); // drops a socket that was left over
  live.dispatchEvent(new CustomEvent("connect"));
}

/** Another conversation: the socket belongs to the old one. */
export function disconnect() {
  state = "idle";
  socket = null;
  htmx.process(live, true);
}

function lost() {
  socket = null;
  if (state === "stopped" || state === "idle") return;
  if (openedAt && Date.now() - openedAt >= GOOD_AFTER) failures = 0;
  openedAt = 0;
  state = "waiting";
  const delay = failures === 0 ? Math.random() * 3_000 : Math.min(60_000, 1_000 * 2 ** failures) * (0.7 + Math.random() * 0.6);
  failures += 1;
  retryTimer = setTimeout(connect, delay);
  sayTimer ??= setTimeout(() => { wasLost = true; net.textContent = text.lost; }, SAY_AFTER);
}

function stop(reason) {
  state = "stopped";
  clearTimeout(sayTimer);
  net.textContent = text[reason];
}

function opened(connection) {
  socket = connection.socket;
  state = "open";
  openedAt = heardAt = Date.now();
  clearTimeout(sayTimer);
  sayTimer = undefined;
  if (wasLost) {
    wasLost = false;
    net.textContent = text.back;
    setTimeout(() => { if (state === "open") net.textContent = ""; }, 2_000);
  }
  tell("open");
}

function heard(frame) {
  const at = cursor();
  if (frame.type === "beat" && at && frame.seq?.seq > Number(at.value)) return reset();
  return tell(frame.type, frame);
}

function reset() {
  htmx.process(live, true); // closes without waiting for a peer that may be gone
  failures = 0;
  lost();
}

function check() {
  if (document.hidden) return;
  if (state === "open" && Date.now() - heardAt > SILENCE) reset();
  else if (state === "waiting") connect();
}

live.addEventListener("htmx:ws:before:connection", ({ detail }) => { if (url) detail.connection.url = url.href; });
live.addEventListener("htmx:ws:after:connection", ({ detail }) => opened(detail.connection));
live.addEventListener("htmx:ws:before:message:incoming", ({ detail }) => {
  heardAt = Date.now();
  const { data } = detail.message;
  if (typeof data === "string" && data[0] === "{") detail.waitUntil(detail.message.json().then(heard));
});
live.addEventListener("htmx:ws:after:message:incoming", () => tell("swapped"));
live.addEventListener("htmx:ws:close", ({ detail: { reason, code } }) => {
  if (reason !== "closed" || state === "idle") return;
  if (code === 4403) stop("stopped");
  else if (code === 4409) stop("elsewhere");
  else lost(); // 4401 too: the next ticket is asked for with a new session
});
setInterval(() => { if (state === "open" && Date.now() - heardAt > SILENCE) reset(); }, 5_000);
addEventListener("online", () => { if (state === "open") reset(); connect(); });
addEventListener("offline", () => { if (state === "open") reset(); });
addEventListener("pageshow", check);
document.addEventListener("visibilitychange", check);
