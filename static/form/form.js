// What a web form gains with JavaScript: answers while typing, upload progress, and its height told to the page around it.
const form = () => document.querySelector("form[data-key]");
const $ = (id) => document.getElementById(id);
const visit = crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const PAUSE = 400;
let visitor = "";
try { visitor = localStorage.getItem("switchroom-form") ?? ""; } catch { /* no storage here: each visit counts by itself */ }
let timer, asked = "";

async function suggest(text) {
  if (!visitor) try { localStorage.setItem("switchroom-form", (visitor = visit)); } catch { visitor = visit; }
  form().elements.visitor.value = visitor;
  const query = new URLSearchParams({ key: form().dataset.key, q: text.slice(0, 300), visit, visitor, lang: document.documentElement.lang });
  const response = await fetch(`/widget/suggest?${query}`, { headers: { "HX-Request": "true" } });
  if (!response.ok || text !== asked) return;
  $("suggestions").innerHTML = await response.text();
  if ($("suggestions").children.length) form().elements.deflection.value = visit;
}

function tell(outcome, article) {
  const body = JSON.stringify({ deflection: visit, outcome, article: Number(article) });
  return fetch(`/form/${form().dataset.key}/outcome`, { method: "POST", body, headers: { "Content-Type": "application/json" }, keepalive: true });
}

/** Once an answer was read, it can be what was needed. */
function offerEnd(article) {
  document.querySelector("[data-solved-by]")?.remove();
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: $("suggestions").dataset.solved });
  button.dataset.solvedBy = article;
  $("suggestions").append(button);
}

/** Send with progress; what comes back is the confirmation, or the form with what needs attention. */
function send() {
  const request = new XMLHttpRequest();
  const button = form().querySelector("[type=submit]");
  const end = () => { button.disabled = false; $("progress").hidden = true; };
  button.disabled = true;
  $("progress").hidden = false;
  request.open("POST", form().action);
  request.setRequestHeader("Accept", "text/html");
  request.upload.onprogress = ({ loaded, total }) => { $("progress").value = loaded / total; };
  request.onerror = () => { end(); fail(); };
  request.onload = () => {
    if (request.status < 300) return location.assign(request.responseURL);
    end();
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    if (!page.querySelector("form[data-key]")) return fail();
    document.querySelector("main").replaceWith(page.querySelector("main"));
    return attend();
  };
  request.send(new FormData(form()));
}

function fail() {
  const place = Object.assign(document.createElement("p"), { className: "field-error", textContent: form().dataset.failed });
  place.setAttribute("role", "alert");
  form().querySelector(".form-actions").prepend(place);
}

function attend() {
  document.querySelector("[data-focus]")?.focus();
  const main = document.querySelector("main");
  const origin = new URLSearchParams(location.search).get("origin");
  if (window.parent === window || !origin) return;
  new ResizeObserver(() => parent.postMessage({ switchroomForm: main.scrollHeight + 2 }, origin)).observe(main);
}

document.addEventListener("submit", (event) => {
  if (![...event.target.querySelectorAll("input[type=file]")].some((input) => input.files.length)) return;
  event.preventDefault();
  send();
});
document.addEventListener("input", ({ target }) => {
  if (form()?.dataset.suggest !== "on" || !(target.matches("textarea") || target.name === "subject")) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const text = [form().elements.subject?.value, form().querySelector("textarea")?.value].filter(Boolean).join(" ").trim();
    if (text !== asked) suggest((asked = text)).catch(() => {});
  }, PAUSE);
});
document.addEventListener("click", ({ target }) => {
  const article = target.closest("[data-article]")?.dataset.article;
  const solved = target.closest("[data-solved-by]")?.dataset.solvedBy;
  if (article) { tell("opened", article); offerEnd(article); }
  if (!solved) return;
  tell("solved", solved);
  $("suggestions").textContent = $("suggestions").dataset.glad;
});
attend();
