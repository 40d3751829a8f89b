// What others see while somebody writes, and that whoever answers what nobody has takes it.
import { send as say } from "../connection.js";
import { post } from "../request.js";
import { toast } from "../toast.js";
import { conversation } from "./thread.js";
import { words } from "./words.js";

let typedAt = 0, stopTimer = null, claimed = null;

/** Say that somebody writes, at most every few seconds, and when they have stopped. */
export function typing(text, note) {
  const id = Number(conversation());
  const stop = () => { typedAt = 0; say({ type: "typing", conversation: id, on: false, note }); };
  clearTimeout(stopTimer);
  if (!text.trim()) return stop();
  stopTimer = setTimeout(stop, 5_000);
  if (Date.now() - typedAt < 2_500) return;
  typedAt = Date.now();
  say({ type: "typing", conversation: id, on: true, note });
  if (!note) claim(id);
}

/** What was written is sent: the message itself says that it has ended. */
export function sent() {
  clearTimeout(stopTimer);
  typedAt = 0;
}

/** Who answers what nobody has takes it, where the queue lets agents pull; it can be undone. */
function claim(id) {
  const head = document.getElementById(`head-${id}`);
  if (claimed === id || !head?.hasAttribute("data-claims")) return;
  claimed = id;
  post(`/inbox/${id}/claim`).then((response) => {
    if (response.ok) toast(words("claimed"), { kind: "success", undo: `/inbox/${id}/release` });
  }).catch(() => { claimed = null; });
}
