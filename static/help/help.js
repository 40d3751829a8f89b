// What the help centre gains with JavaScript: answers under the search box while one types, and the chat at hand.
// The box is a combobox (WAI-ARIA APG): the focus stays in it, the arrow keys go through the suggestions.
const form = document.querySelector("form[data-suggest]");
const box = form?.elements.q;
const list = document.getElementById("suggestions");
const said = document.getElementById("suggested");
const PAUSE = 150;
let timer, asking, asked = "";

const options = () => [...list.querySelectorAll("[role=option]")];
const current = () => options().find((option) => option.getAttribute("aria-selected") === "true");

function close() {
  clearTimeout(timer);
  asking?.abort();
  list.hidden = true;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

function choose(option) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  if (option) {
    box.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else box.removeAttribute("aria-activedescendant");
}

async function suggest() {
  const text = box.value.trim();
  if (text === asked && !list.hidden) return;
  asked = text;
  asking?.abort();
  if (!text) return close();
  asking = new AbortController();
  try {
    const response = await fetch(`${form.dataset.suggest}?${new URLSearchParams({ q: text })}`, { signal: asking.signal });
    if (!response.ok || document.activeElement !== box) return;
    list.innerHTML = await response.text();
    const found = options().length;
    list.hidden = !found;
    box.setAttribute("aria-expanded", String(found > 0));
    box.removeAttribute("aria-activedescendant");
    said.textContent = list.firstElementChild?.dataset.said ?? "";
  } catch (error) {
    if (error.name !== "AbortError") close(); // the button beside it works all the same
  }
}

function step(by) {
  const all = options();
  if (list.hidden || !all.length) return suggest();
  const at = all.indexOf(current()) + by;
  return choose(at < -1 ? all.at(-1) : all[at]);
}

if (form) {
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.labels[0].textContent);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) box.setAttribute(name, value);
  box.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(suggest, PAUSE);
  });
  box.addEventListener("compositionend", () => { timer = setTimeout(suggest, PAUSE); });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && !list.hidden && current()) {
      event.preventDefault();
      current().click();
    }
  });
  form.addEventListener("focusout", (event) => { if (!form.contains(event.relatedTarget)) close(); });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the box
}

const chat = document.querySelector("[data-chat]");
function offerChat() {
  if (!chat || !window.switchroom) return;
  chat.hidden = false;
  chat.addEventListener("click", () => window.switchroom("open"));
}
if (document.readyState === "complete") offerChat();
else window.addEventListener("load", offerChat);
