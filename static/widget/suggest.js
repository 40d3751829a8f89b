// Articles while somebody types, before anything is sent: read here, and "that solved it" is counted as such.
import { ask, newId } from "./server.js";
import { announce, closeSide, showSide } from "./view.js";

const $ = (id) => document.getElementById(id);
const PAUSE = 350;
const { dataset } = document.body;
const key = newId(); // one visit
let shown = false, timer, asked = "", turn = 0;

/** The visit's key if articles were suggested in it: what is sent then counts as "sent after all". */
export const visit = () => (shown ? key : "");

async function suggest(text) {
  const mine = (turn += 1);
  const query = new URLSearchParams({ key: dataset.key, q: text.slice(0, 300), visit: key, lang: document.documentElement.lang });
  try {
    const html = text ? await (await ask(`/widget/suggest?${query}`)).text() : "";
    if (mine !== turn || !$("suggestions")) return;
    $("suggestions").innerHTML = html;
    shown ||= html.trim() !== "";
  } catch {
    // Suggestions are a courtesy: without them the chat works as well.
  }
}

async function open(id) {
  const query = new URLSearchParams({ visit: key });
  await showSide(await (await ask(`/widget/article/${id}?${query}`)).text());
}

async function solve(article) {
  await ask("/widget/solved", { json: { deflection: key, article: Number(article) } });
  $("side").replaceChildren($("thanks").content.cloneNode(true));
  $("side-title").focus();
  announce($("side-title").textContent);
  $("composer")?.reset();
  $("suggestions")?.replaceChildren();
  document.dispatchEvent(new CustomEvent("solved"));
}

document.addEventListener("input", ({ target }) => {
  if (target.id !== "text" || dataset.suggest === "off" || !["new", "waiting"].includes(dataset.phase ?? "new")) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const text = target.value.trim();
    if (text !== asked) suggest((asked = text));
  }, PAUSE);
});
document.addEventListener("sent", () => $("suggestions")?.replaceChildren());
document.addEventListener("click", (event) => {
  const article = event.target.closest("[data-article]");
  const solved = event.target.closest("[data-solved]");
  if (article && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    open(article.dataset.article).catch(() => window.open(article.href, "_blank", "noopener"));
  } else if (solved) solve(solved.dataset.solved).catch(closeSide);
});
