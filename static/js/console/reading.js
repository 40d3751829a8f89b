// Reading: what has been on the screen for a second is marked as read, by a request of its own.
import { cursor, send } from "../connection.js";
import { post } from "../request.js";
import { refresh } from "./list.js";

let timer = null;
let read = null; // "conversation:seq" that was said last

function look() {
  clearTimeout(timer);
  timer = setTimeout(seen, 1_000);
}

function seen() {
  const at = cursor();
  if (!at || document.hidden) return;
  const mark = `${at.conversation}:${at.after}`;
  if (mark === read) return;
  read = mark;
  post(`/inbox/${at.conversation}/read`, { seq: at.after }, { keepalive: true })
    .then((response) => { if (response.ok) refresh([at.conversation]); else read = null; })
    .catch(() => { read = null; });
}

// Colleagues see an eye as long as this is said; it expires by itself.
setInterval(() => {
  const at = cursor();
  if (at && !document.hidden) send({ type: "seen", conversation: at.conversation });
}, 20_000);

document.addEventListener("htmx:after:swap", look);
document.addEventListener("visibilitychange", look);
look();
