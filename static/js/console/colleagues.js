// Who else has this conversation open: an eye for looking, a pen for writing, each with its sentence.
import { conversation } from "./thread.js";
import { drawing } from "../toast.js";
import { words } from "./words.js";

let last = null;

function draw() {
  const box = document.getElementById("viewers");
  if (!box) return;
  const me = Number(document.getElementById("console").dataset.agent);
  const others = last && String(last.conversation) === conversation() ? last.viewers.filter(({ id }) => id !== me) : [];
  box.replaceChildren(...others.map(({ name, doing }) => {
    const text = words(doing, { name });
    const chip = Object.assign(document.createElement("span"), { className: `viewer viewer-${doing}`, title: text });
    const label = Object.assign(document.createElement("span"), { textContent: name, dir: "auto", className: "truncate" });
    const spoken = Object.assign(document.createElement("span"), { textContent: text, className: "visually-hidden" });
    label.setAttribute("aria-hidden", "true");
    chip.append(drawing(doing === "viewing" ? "eye" : "pencil", "icon icon-small"), label, spoken);
    return chip;
  }));
}

document.addEventListener("live:viewers", ({ detail }) => { last = detail; draw(); });
document.addEventListener("htmx:after:swap", draw);
