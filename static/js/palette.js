// The command palette: every shortcut and every [data-command] link of the page, found by typing.
import { keyName, labelOf, press, shortcuts } from "./keyboard.js";

const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");
let commands = [];
let at = 0;

function collect() {
  const found = shortcuts().filter(({ key }) => key !== "mod+k");
  const known = new Set(found.map(({ element }) => element));
  for (const element of document.querySelectorAll("[data-command]")) {
    if (!known.has(element)) found.push({ key: "", label: element.dataset.command || labelOf(element), run: () => press(element) });
  }
  return found.filter(({ label }) => label);
}

/** Words may come in any order; a label that begins with what was typed comes first. */
function matching(query) {
  const text = query.trim().toLowerCase();
  const words = text.split(/\s+/);
  const hits = commands.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
  hits.sort((a, b) => b.label.toLowerCase().startsWith(text) - a.label.toLowerCase().startsWith(text));
  if (text) {
    const search = `/search?q=${encodeURIComponent(query.trim())}`;
    hits.push({ key: "", label: list.dataset.search.replace("{query}", query.trim()), run: () => location.assign(search) });
  }
  return hits;
}

function show() {
  const hits = matching(input.value);
  list.replaceChildren(...hits.map(({ key, label, run }, index) => {
    const option = document.createElement("div");
    option.className = "menu-item";
    option.id = `palette-${index}`;
    option.role = "option";
    option.append(Object.assign(document.createElement("span"), { className: "truncate", textContent: label, dir: "auto" }));
    if (key) option.append(" ", Object.assign(document.createElement("kbd"), { className: "kbd", textContent: keyName(key) }));
    option.addEventListener("click", () => choose(run));
    return option;
  }));
  select(0);
}

function select(index) {
  const options = [...list.children];
  at = options.length ? (index + options.length) % options.length : 0;
  options.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
  options[at]?.scrollIntoView({ block: "nearest" });
  if (options[at]) input.setAttribute("aria-activedescendant", options[at].id);
  else input.removeAttribute("aria-activedescendant");
}

function choose(run) {
  dialog.close();
  run();
}

if (dialog) {
  dialog.addEventListener("dialog:open", () => {
    commands = collect();
    input.value = "";
    show();
  });
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      select(at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      list.children[at]?.click();
    }
  });
}
