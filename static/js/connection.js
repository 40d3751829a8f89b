// The page's one socket. hx-ws opens it and swaps what comes; this decides when, with which ticket and cursor,
// notices silence, and says what is going on. The protocol is in docs/developer/live-html.md.
import { post } from "./request.js";
import { serverTime } from "./time.js";

const SILENCE = 60_000; // beats come every 25 s
const GOOD_AFTER = 10_000; // a socket that lived less counts as a failure
const BANNER_AFTER = 5_000;
const READY_WITHIN = 3_000; // a server that does not say so
const HIDDEN_LONG = 60_000;
const AGAIN_AFTER = 300;

const live = document.getElementById("live");
const banner = document.getElementById("connection");
let socket = null; // open, or null
let url = null; // of the next connection, ticket and all
let state = "new"; // new, connecting, open, waiting, stopped
let failures = 0, openedAt = 0, heardAt = 0, hiddenAt = 0;
let retryTimer, bannerTimer, readyTimer, againTimer, wasLost = false;
let pushed = 0; // pieces of the page that came by the socket
const asked = new WeakMap(); // how many had come when a part of the page was fetched again

/** Send a small fact ({type: "typing", …}); lost without harm when there is no connection. */
export function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

/** Tell the rest of the page: live:open, live:lost, live:refetch and live:<type> of every data frame. */
const tell = (name, detail = {}) => document.body.dispatchEvent(new CustomEvent(`live:${name}`, { detail, bubbles: true }));

/** The open conversation and the last event of it that the page shows, if there is one. */
export function cursor() {
  const element = document.querySelector("data.cursor");
  return element ? { conversation: Number(element.dataset.conversation), after: Number(element.value) } : null;
}

async function connect() {
  clearTimeout(retryTimer);
  if (state === "connecting" || state === "open" || state === "stopped") return;
  state = "connecting";
  try {
    const response = await post(live.dataset.ticketUrl ?? "/live/ticket");
    if (response.status === 401) return signIn();
    if (response.status === 403) return stop("stopped");
    if (!response.ok) throw new Error(`ticket: ${response.status}`);
    const at = cursor();
    url = new URL(live.getAttribute("hx-ws:connect"), location.href.replace(/^http/, "ws"));
    url.searchParams.set("ticket", (await response.json()).ticket);
    if (at) for (const [name, value] of Object.entries(at)) url.searchParams.set(name, value);
  } catch {
    return lost();
  }
  htmx.process(live, true); // drops a socket that was left over
  live.dispatchEvent(new CustomEvent("connect"));
}

function lost() {
  socket = null;
  if (state === "stopped") return;
  if (openedAt && Date.now() - openedAt >= GOOD_AFTER) failures = 0;
  openedAt = 0;
  state = "waiting";
  // At first everybody comes back at once (a deploy): spread over 5 s. Then twice as long each time.
  const delay = failures === 0 ? Math.random() * 5_000 : Math.min(60_000, 1_000 * 2 ** failures) * (0.7 + Math.random() * 0.6);
  failures += 1;
  retryTimer = setTimeout(connect, delay);
  bannerTimer ??= setTimeout(() => { wasLost = true; say("lost", "warning"); tell("lost"); }, BANNER_AFTER);
}

function stop(reason) {
  state = "stopped";
  clearTimeout(retryTimer);
  clearTimeout(bannerTimer);
  say(reason, "warning");
}

const signIn = () => location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);

function say(name, kind) {
  banner.className = `banner connection banner-${kind}`;
  banner.textContent = name ? banner.dataset[name] : "";
  if (name !== "elsewhere") return;
  const button = Object.assign(document.createElement("button"), { className: "button button-small", textContent: banner.dataset.useHere });
  button.addEventListener("click", () => { state = "new"; say("", "info"); connect(); });
  banner.append(button);
}

function opened(connection) {
  socket = connection.socket;
  state = "open";
  openedAt = heardAt = Date.now();
  clearTimeout(bannerTimer);
  bannerTimer = undefined;
  if (wasLost) {
    wasLost = false;
    say("back", "success");
    setTimeout(() => { if (state === "open") say("", "info"); }, 2_000);
  }
  tell("open");
  readyTimer = setTimeout(refetch, READY_WITHIN);
}

/** The server hears for us from now on: lists and boards, which are not replayed, are fetched without a gap. */
function refetch() {
  clearTimeout(readyTimer);
  tell("refetch");
}

const isRefetched = (element) => element?.getAttribute?.("hx-trigger")?.includes("live:refetch");

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (isRefetched(ctx.sourceElement)) asked.set(ctx.sourceElement, pushed);
});

// What was pushed while we asked may be newer than the answer, which has just overwritten it: ask once more.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!isRefetched(ctx.sourceElement) || asked.get(ctx.sourceElement) === pushed) return;
  clearTimeout(againTimer);
  againTimer = setTimeout(() => tell("refetch"), AGAIN_AFTER);
});

/** A data frame. A beat that is ahead of us means that something was lost: ask again from where we are. */
function heard(frame) {
  if (frame.type === "ready") refetch();
  if (frame.type === "beat") {
    if (frame.at) serverTime(frame.at);
    const at = cursor();
    if (at && frame.seq?.conversation === at.conversation && frame.seq.seq > at.after) send({ type: "open", ...at });
  }
  tell(frame.type, frame);
}

/** The tab came back, or the network: do not wait for a timer that slept too. */
function check() {
  if (document.hidden) return;
  if (state === "open" && Date.now() - heardAt > SILENCE) reset();
  else if (state === "waiting") connect();
}

function reset() {
  htmx.process(live, true); // closes without waiting for a peer that may be gone
  lost();
}

if (live) {
  live.addEventListener("htmx:ws:before:connection", ({ detail }) => {
    if (url) detail.connection.url = url.href;
  });
  live.addEventListener("htmx:ws:after:connection", ({ detail }) => opened(detail.connection));
  live.addEventListener("htmx:ws:before:message:incoming", ({ detail }) => {
    heardAt = Date.now();
    const { data } = detail.message;
    if (typeof data === "string" && data[0] !== "{") pushed += 1;
    if (typeof data !== "string" || data[0] !== "{") return;
    detail.waitUntil(detail.message.json().then(heard));
  });
  live.addEventListener("htmx:ws:close", ({ detail: { reason, code } }) => {
    if (reason !== "closed") return;
    if (code === 4401) signIn();
    else if (code === 4403) stop("stopped");
    else if (code === 4409) stop("elsewhere");
    else lost();
  });
  setInterval(() => {
    if (state === "open" && Date.now() - heardAt > SILENCE) reset();
  }, 5_000);
  addEventListener("online", check);
  addEventListener("pageshow", check);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = Date.now();
    else if (hiddenAt && Date.now() - hiddenAt > HIDDEN_LONG) tell("refetch");
    check();
  });
  connect();
}
