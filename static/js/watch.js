// Listening in: keeps the newest message in sight, tells the server when the mode has changed, shows who types.
import { cursor, send } from "./connection.js";

const scroll = document.getElementById("thread-scroll");
const typing = document.getElementById("typing");
const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
let follows = true;

const toEnd = () => { scroll.scrollTop = scroll.scrollHeight; };
scroll.addEventListener("scroll", () => { follows = atEnd(); });
new MutationObserver(() => { if (follows) toEnd(); }).observe(scroll, { childList: true, subtree: true });
toEnd();

// In another mode the server decides anew whether colleagues may see that this page is open.
document.body.addEventListener("live:watch", () => { const at = cursor(); if (at) send({ type: "open", ...at }); });

document.body.addEventListener("live:typing", ({ detail }) => {
  typing.hidden = !detail.on;
  document.getElementById("typing-words").textContent = detail.on ? document.getElementById("typing-words").dataset.customer : "";
});

// A whisper goes with Ctrl or Command and Enter, as in the composer.
document.addEventListener("keydown", (event) => {
  if (event.target.id !== "watch-text" || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  event.target.form.querySelector("button.button-primary").click();
});

document.body.addEventListener("watch:sent", () => {
  const text = document.getElementById("watch-text");
  if (text) { text.value = ""; text.focus(); }
});
