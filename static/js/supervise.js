// The supervisor's pages: the board listens to its ticks and says since when it hears none; dialogs open with what comes.
import { send } from "./connection.js";
import { clock, now } from "./time.js";

const SILENT = 10_000; // a tick comes every 5 s at least
const board = document.querySelector("[data-board]");
const freshness = document.getElementById("board-freshness");
let heardAt = now();

function heard() {
  heardAt = now();
  show(true);
}

function show(live) {
  if (board.hasAttribute("data-stale") === !live && freshness.dataset.shown) return;
  freshness.dataset.shown = "yes";
  board.toggleAttribute("data-stale", !live);
  freshness.querySelector("span:last-child").textContent = live ? freshness.dataset.live : freshness.dataset.stale.replace("{time}", clock(heardAt));
  freshness.querySelector(".dot").className = live ? "dot dot-available" : "dot dot-offline";
}

if (board) {
  document.body.addEventListener("live:open", () => { send({ type: "watch", topic: "board" }); });
  document.body.addEventListener("live:tick", heard);
  setInterval(() => { if (now() - heardAt > SILENT) show(false); }, 1_000);
}

// ---- dialogs ----

function openSheet() {
  const sheet = document.getElementById("sheet");
  const dialog = document.getElementById("sheet-dialog");
  if (!sheet?.firstElementChild || dialog.open) return;
  dialog.showModal();
  sheet.querySelector("[autofocus]")?.focus();
}

document.addEventListener("htmx:after:swap", openSheet);
document.addEventListener("close", ({ target }) => {
  if (target.id === "sheet-dialog") document.getElementById("sheet").replaceChildren();
}, true);

// What was asked for is done: the board moves by itself, a list does not.
document.body.addEventListener("supervise:done", () => {
  const dialog = document.getElementById("sheet-dialog");
  if (dialog?.open) dialog.close();
  if (!board) setTimeout(() => location.reload(), 600);
});
