// Promises: Alt+P in the composer opens a strip with what is natural in it, Enter keeps it. What the reply itself
// promises is offered as a chip; then Alt+P alone is enough.
import { post, sentenceOf } from "../request.js";
import { toast, words as common } from "../toast.js";

const form = () => document.getElementById("promise-form");
const composer = () => document.getElementById("composer");
const chip = () => document.querySelector("[data-promise-found]");

/** The sentence at the caret, or what one usually promises. */
function sentence() {
  const box = composer().elements.outbound;
  const before = box.value.slice(0, box.selectionStart).trim().split(/[\n.!?。！？]+/).filter(Boolean).pop()?.trim();
  return (before || form().elements.text.dataset.usual).slice(0, 200);
}

function open() {
  const box = form();
  if (!box) return;
  if (chip()) return keep({ text: chip().dataset.text, due_at: chip().dataset.due });
  box.hidden = false;
  box.elements.text.value = sentence();
  box.elements.when.focus();
  box.elements.when.select();
}

function close() {
  form().hidden = true;
  composer().elements[composer().dataset.kind].focus();
}

async function keep(fields) {
  const response = await post(form().getAttribute("action"), fields).catch(() => null);
  if (!response) return toast(common("error-network"), { kind: "danger" });
  if (!response.ok) return toast(sentenceOf(await response.text(), response.headers), { kind: "danger" });
  const said = JSON.parse(response.headers.get("HX-Trigger") ?? "{}").toast;
  if (said) toast(said.text, { kind: said.kind });
  document.getElementById("promise-found").replaceChildren();
  told = fields.text;
  close();
}

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  const { text, when, owner } = event.target.elements;
  keep({ text: text.value, when: when.value, owner: owner.value });
}, true);

document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-promise], [data-promise-found]")) open();
  if (target.closest?.("[data-promise-close]")) close();
});

document.addEventListener("keydown", (event) => {
  if (!form()) return;
  if (event.altKey && event.code === "KeyP" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    open();
  } else if (event.key === "Escape" && form().contains(event.target)) {
    event.preventDefault();
    close();
  }
});

// ---- what the reply promises ----

let timer = null, turn = 0, told = "";
document.addEventListener("input", ({ target }) => {
  if (target.name !== "outbound" || !target.matches?.(".composer-text")) return;
  clearTimeout(timer);
  timer = setTimeout(look, 600);
});

async function look() {
  const box = composer(), place = document.getElementById("promise-found");
  if (!box || !place) return;
  const text = box.elements.outbound.value, mine = ++turn;
  if (!text.trim()) return place.replaceChildren();
  const response = await post(`/inbox/${box.dataset.conversation}/promises/found`, { text }).catch(() => null);
  if (mine !== turn || !response?.ok) return;
  place.innerHTML = await response.text(); // our own template: every value in it is escaped
  if (chip()?.dataset.text === told) place.replaceChildren();
}
