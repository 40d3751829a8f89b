// What one message's buttons do on the page: original mail, copying, quoting, its menu.
import { place } from "../overlay.js";
import { token } from "../request.js";
import { toast } from "../toast.js";
import { words } from "./words.js";

document.addEventListener("click", async ({ target }) => {
  const original = target.closest?.("[data-original]");
  if (original) return showOriginal(original);
  const menu = target.closest?.("[data-message-menu]");
  if (menu) return openMenu(menu);
  const copy = target.closest?.("[data-copy]");
  if (copy) {
    await navigator.clipboard?.writeText(copy.dataset.copy || textOf(chosen));
    toast(words("copied"), { kind: "success" });
  }
  if (target.closest?.("[data-quote]")) {
    const quoted = textOf(chosen).split("\n").map((line) => `> ${line}`).join("\n");
    document.dispatchEvent(new CustomEvent("composer:insert", { detail: { text: `${quoted}\n\n` } }));
  }
  if (target.closest?.("[data-forward]")) {
    htmx.ajax("GET", `/messages/${chosen.dataset.id}/forward`, { source: "#sheet", target: "#sheet", swap: "innerHTML" });
  }
});

let chosen = null; // the message whose menu is open
const textOf = (message) => message?.querySelector(".message-text")?.textContent.trim() ?? "";

function openMenu(button) {
  const menu = document.getElementById("message-menu");
  chosen = button.closest(".message");
  menu.showPopover();
  place(menu, button);
  menu.querySelector(".menu-item").focus();
}

/** The mail as it came, in a frame without scripts that is as high as its content. */
function showOriginal(button) {
  const open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  const bubble = button.closest(".bubble");
  if (open) return bubble.querySelectorAll(".original, .original-bar").forEach((part) => part.remove());
  const frame = document.createElement("iframe");
  frame.className = "original";
  frame.sandbox.add("allow-same-origin", "allow-popups", "allow-popups-to-escape-sandbox", "allow-modals");
  frame.title = button.textContent.trim();
  frame.src = isDark() ? `${button.dataset.original}?dark=1` : button.dataset.original;
  frame.addEventListener("load", () => {
    const page = frame.contentDocument;
    fit(frame);
    page?.addEventListener("toggle", () => fit(frame), true); // quoted text is opened
    if (page?.body.hasAttribute("data-blocked")) offerPictures(frame);
  });
  button.closest(".message-more").before(frame, barOf(frame, button.dataset.original.replace(/original$/, "")));
}

const isDark = () => getComputedStyle(document.documentElement).colorScheme === "dark"
  || (document.documentElement.dataset.theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);

function fit(frame) {
  const height = frame.contentDocument?.body.offsetHeight ?? 300;
  frame.style.blockSize = `${Math.min(height + 2, 1_200)}px`;
}

/** Below the mail: print it, take it along as it came. */
function barOf(frame, message) {
  const bar = Object.assign(document.createElement("p"), { className: "original-bar small soft" });
  const file = Object.assign(document.createElement("a"), { href: `${message}eml`, textContent: words("mailFile"), className: "button button-plain button-small" });
  bar.append(action(words("print"), () => frame.contentWindow.print(), "plain"), file);
  return bar;
}

/** Pictures from elsewhere load after this click, and only in this frame. */
function offerPictures(frame) {
  const bar = Object.assign(document.createElement("p"), { className: "original-bar small soft" });
  const load = () => {
    bar.remove();
    const source = frame.getAttribute("src");
    frame.src = `${source}${source.includes("?") ? "&" : "?"}images=1`;
    frame.focus();
  };
  const always = async () => {
    const at = frame.getAttribute("src").replace(/original.*$/, "always-pictures");
    await fetch(at, { method: "POST", headers: { "X-CSRF-Token": token(), "HX-Request": "true" } }).catch(() => null);
    load();
  };
  const why = Object.assign(document.createElement("span"), { textContent: words("picturesWhy") });
  bar.append(action(words("pictures"), load), action(words("picturesAlways"), always, "plain"), why);
  frame.before(bar);
}

function action(text, run, kind = "") {
  const className = `button button-small${kind && ` button-${kind}`}`;
  const button = Object.assign(document.createElement("button"), { type: "button", className, textContent: text });
  button.addEventListener("click", run);
  return button;
}

// The full text is fetched once; its button goes.
document.addEventListener("htmx:after:request", ({ target, detail: { ctx } }) => {
  if (target.matches?.("[data-once]") && ctx.response?.status === 200) target.hidden = true;
});
