// Requests and the one socket. The visitor's token stays in this page's memory and travels in a header: no cookie,
// so it works where third-party cookies are blocked, and no other page can make this browser send it.
const TIMEOUT = 10_000;
const { dataset: text } = document.getElementById("words");
let token = "";
let reopen = null;

/** An answer that was not the one hoped for; status 0: there was none. */
export class Refused extends Error {
  constructor(status, problem = {}) {
    super(`refused: ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

export const useToken = (value) => { token = value; };
export const onUnknown = (open) => { reopen = open; };

/** Ask; `json` makes it a POST. Throws Refused. */
export async function ask(path, { json, timeout = TIMEOUT, again = true } = {}) {
  const headers = { "HX-Request": "true" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method: json ? "POST" : "GET", headers, credentials: "omit", cache: "no-store",
      body: json && JSON.stringify(json), signal: AbortSignal.timeout(timeout),
    });
  } catch {
    throw new Refused(0);
  }
  if (response.ok) return response;
  if (response.status === 401 && again && reopen) {
    await reopen();
    return ask(path, { json, timeout, again: false });
  }
  throw new Refused(response.status, await response.json().catch(() => ({})));
}

export function upload(file, progress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", "/widget/files");
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
    request.onload = () => {
      if (request.status === 200) return resolve(request.responseText);
      let problem = {};
      try { problem = JSON.parse(request.responseText); } catch { /* not ours: the status says enough */ }
      return reject(new Refused(request.status, problem));
    };
    request.onerror = () => reject(new Refused(0));
    const body = new FormData();
    body.append("file", file);
    request.send(body);
  });
  return { done, cancel: () => request.abort() };
}

export function words(error, field) {
  if (!(error instanceof Refused) || error.status === 0) return text.network;
  if (error.status === 429) return text.too_many;
  if (error.status === 413) return text.too_large;
  const code = error.problem.errors?.[field] ?? Object.values(error.problem.errors ?? {})[0];
  return text[code] ?? text.error;
}

/** A new random id, also where the page is not a secure context. */
export const newId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const SILENCE = 60_000; // beats come every 25 s
const GOOD_AFTER = 10_000; // a socket that lived less counts as a failure
const SAY_AFTER = 5_000;

const live = document.getElementById("live");
const net = document.getElementById("net");
let socket = null, url = null;
let state = "idle"; // idle, connecting, open, waiting, stopped
let failures = 0, openedAt = 0, heardAt = 0;
let retryTimer, sayTimer, wasLost = false;

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));
export const cursor = () => document.querySelector("data.cursor")?.value;

export function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

/** Connect, once there is a chat to listen to. hx-ws swaps what comes. */
export async function connect() {
  clearTimeout(retryTimer);
  if (!cursor() || state === "connecting" || state === "open" || state === "stopped") return;
  state = "connecting";
  try {
    const { ticket } = await (await ask("/widget/live/ticket", { json: {} })).json();
    url = `${location.origin.replace("http", "ws")}/widget/live?${new URLSearchParams({ ticket, after: cursor() ?? 0 })}`;
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
  if (frame.type === "beat" && frame.seq?.seq > cursor()) return reset();
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

live.addEventListener("htmx:ws:before:connection", ({ detail }) => { if (url) detail.connection.url = url; });
live.addEventListener("htmx:ws:after:connection", ({ detail }) => opened(detail.connection));
live.addEventListener("htmx:ws:before:message:incoming", ({ detail }) => {
  heardAt = Date.now();
  const { data } = detail.message;
  if (typeof data === "string" && data[0] === "{") detail.waitUntil(detail.message.json().then(heard));
});
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
