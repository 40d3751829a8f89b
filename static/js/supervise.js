// The wallboard listens to the board's ticks and says so when it no longer hears them.
import { send } from "./connection.js";

const board = document.querySelector("[data-board]");
const freshness = document.getElementById("board-freshness");

function watch() {
  send({ type: "watch", topic: "board" });
  show(true);
}

function show(live) {
  board.toggleAttribute("data-stale", !live);
  freshness.querySelector("span:last-child").textContent = live ? freshness.dataset.live : freshness.dataset.stale;
  freshness.querySelector(".dot").className = live ? "dot dot-available" : "dot dot-offline";
}

document.body.addEventListener("live:open", watch);
document.body.addEventListener("live:lost", () => show(false));
