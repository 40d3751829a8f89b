// Switchroom chat: the button on your page, and the frame it opens. One request, no cookie, no inline script or style:
// your policy needs this origin in script-src and frame-src, nothing else.
// <script async src="https://…/static/widget/loader.js" data-key="KEY"></script>
(() => {
  "use strict";
  const tag = document.currentScript;
  if (!tag?.dataset.key || window.switchroom?.loaded) return;
  const { key, ...given } = tag.dataset;
  const server = new URL(tag.src).origin;
  const queue = window.switchroom?.q ?? [];
  const heard = {};
  const store = (kind, name, value) => {
    try {
      if (value !== undefined) window[kind].setItem(`switchroom-${key}-${name}`, value);
      return window[kind].getItem(`switchroom-${key}-${name}`);
    } catch {
      return value ?? null; // storage is closed: the chat lasts as long as the page
    }
  };
  const look = { color: "#3b5bdb", position: "end", ...JSON.parse(store("localStorage", "look") ?? "{}"), ...given };
  const lang = given.lang ?? (document.documentElement.lang || navigator.language);
  const chinese = /^zh/i.test(lang) && (/hant|tw|hk|mo/i.test(lang) ? 2 : 1);
  const words = [["Open chat", "Close chat", "Chat"], ["打开聊天", "关闭聊天", "聊天"], ["開啟聊天", "關閉聊天", "聊天"]][chinese || 0];
  let frame, ready = false, open = false, unread = 0;
  let visitor;

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; position: fixed; inset-block-end: 0; inset-inline-end: 0; z-index: 2147483000; color-scheme: light dark; }
    [hidden] { display: none !important; }
    button { position: fixed; inset-block-end: max(20px, env(safe-area-inset-bottom)); inset-inline-end: 20px; inline-size: 60px; block-size: 60px; padding: 0; border: 0; border-radius: 50%; background: var(--c); color: var(--on); cursor: pointer; box-shadow: 0 6px 20px rgb(0 0 0/.22), 0 1px 4px rgb(0 0 0/.16); transition: transform .15s, box-shadow .15s; -webkit-tap-highlight-color: transparent; }
    button:hover { transform: translateY(-2px); box-shadow: 0 10px 26px rgb(0 0 0/.26), 0 1px 4px rgb(0 0 0/.16); }
    button:focus-visible { outline: 3px solid var(--c); outline-offset: 3px; }
    svg { position: absolute; inset: 0; margin: auto; inline-size: 28px; block-size: 28px; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; transition: opacity .15s, transform .2s; }
    span:not(:empty) { display: block; padding: 0 24px 0 56px; font: 600 16px/60px system-ui, sans-serif; white-space: nowrap; }
    [aria-expanded=true] span { display: none; }
    .text[aria-expanded=false] { inline-size: auto; border-radius: 30px; }
    .text[aria-expanded=false] svg { inset-inline: 18px auto; }
    [aria-expanded=false] svg + svg, [aria-expanded=true] svg:first-child { opacity: 0; transform: rotate(-40deg) scale(.6); }
    b { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-inline-size: 22px; block-size: 22px; padding-inline: 6px; box-sizing: border-box; border-radius: 11px; background: #c7352d; color: #fff; font: 600 12px/22px system-ui, sans-serif; box-shadow: 0 0 0 2px #fff; }
    div { position: fixed; inset-block-end: 92px; inset-inline-end: 20px; inline-size: min(392px, 100vw - 40px); block-size: min(680px, 100vh - 116px); border-radius: 18px; overflow: hidden; box-shadow: 0 18px 60px rgb(0 0 0/.24), 0 2px 10px rgb(0 0 0/.12); background: Canvas; transition: opacity .16s, transform .2s cubic-bezier(.2,.8,.3,1); }
    div.shut { opacity: 0; transform: translateY(14px) scale(.985); visibility: hidden; pointer-events: none; transition: opacity .12s, transform .16s, visibility 0s .16s; }
    iframe { display: block; inline-size: 100%; block-size: 100%; border: 0; color-scheme: light dark; }
    .start button, .start div { inset-inline: 20px auto; }
    @media (max-width: 479px) {
      div { inset: var(--top, 0) 0 auto; inline-size: 100%; block-size: var(--height, 100dvh); border-radius: 0; }
      .start div { inset-inline: 0; }
      .open button { visibility: hidden; }
    }
    @media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
    @media (forced-colors: active) { button { border: 2px solid ButtonText; } }
    @media print { button, div { display: none; } }`);
  root.adoptedStyleSheets = [sheet];
  const make = (name, attributes, parent, space) => {
    const element = space ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    parent.append(element);
    return element;
  };
  const box = make("main", { role: "none" }, root);
  const button = make("button", { type: "button", "aria-haspopup": "dialog" }, box);
  for (const d of ["M7.9 20A9 9 0 1 0 4 16.1L2 22Z", "m6 9 6 6 6-6"]) make("path", { d }, make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, button, 1), 1);
  const count = make("b", { hidden: "" }, button);
  const text = given[["label", "labelZhHans", "labelZhHant"][chinese || 0]] ?? given.label;
  if (text) {
    make("span", { dir: "auto" }, button).textContent = text;
    button.className = "text";
  }

  const paint = () => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(look.color.slice(at, at + 2), 16));
    host.style.setProperty("--c", look.color);
    host.style.setProperty("--on", r * 0.299 + g * 0.587 + b * 0.114 > 170 ? "#111" : "#fff");
    box.className = `${look.position === "start" ? "start" : ""} ${open ? "open" : ""}`;
    button.setAttribute("aria-expanded", open);
    button.setAttribute("aria-label", `${open ? words[1] : text ?? words[0]}${unread && !open ? ` (${unread})` : ""}`);
    count.hidden = !unread || open;
    count.textContent = unread > 99 ? "99+" : unread;
  };
  const tell = (type, more) => ready && frame.contentWindow.postMessage({ switchroom: type, ...more }, server);
  const call = (name, detail) => (heard[name] ?? []).forEach((listener) => listener(detail));
  let panel;
  const load = () => {
    if (frame) return;
    visitor ??= store("localStorage", "visitor") ?? store("localStorage", "visitor", Array.from(crypto.getRandomValues(new Uint8Array(16)), (x) => x.toString(16).padStart(2, 0)).join(""));
    panel = make("div", { role: "dialog", "aria-label": words[2], class: "shut" }, box);
    const query = new URLSearchParams({ key, lang, origin: location.origin });
    frame = make("iframe", { title: words[2], allow: "clipboard-write", src: `${server}/widget/frame?${query}` }, panel);
  };
  const toggle = (now) => {
    if (now === open) return;
    open = now;
    if (open) load();
    if (open) unread = 0;
    panel?.classList.toggle("shut", !open);
    tell(open ? "open" : "close");
    if (open) frame.focus(); else button.focus();
    store("sessionStorage", "open", open ? "1" : "");
    paint();
    call(open ? "open" : "close");
  };
  // The soft keyboard covers a fixed box; the visual viewport says what is left.
  const fit = () => {
    host.style.setProperty("--height", `${visualViewport.height}px`);
    host.style.setProperty("--top", `${visualViewport.offsetTop}px`);
  };
  visualViewport?.addEventListener("resize", fit);
  visualViewport?.addEventListener("scroll", fit);

  let person;
  const commands = {
    open: () => toggle(true), close: () => toggle(false), toggle: () => toggle(!open),
    identify: (who) => { person = who; tell("identify", who); },
    on: (name, listener) => { (heard[name] ??= []).push(listener); },
    forget: () => {
      toggle(false);
      for (const name of ["visitor", "badge"]) try { localStorage.removeItem(`switchroom-${key}-${name}`); } catch { /* nothing was kept */ }
      panel?.remove();
      frame = visitor = person = undefined;
      ready = false;
    },
    unread: (number) => { if (!open) { unread = number; paint(); call("unread", number); } },
  };
  window.switchroom = Object.assign((name, ...rest) => commands[name]?.(...rest), { loaded: true });

  addEventListener("message", ({ data, origin, source }) => {
    if (origin !== server || !frame || source !== frame.contentWindow || typeof data?.switchroom !== "string") return;
    if (data.switchroom === "ready") {
      ready = true;
      Object.assign(look, { color: data.color, position: data.position });
      store("localStorage", "look", JSON.stringify({ color: look.color, position: look.position }));
      tell("hello", { visitor, url: location.href, title: document.title });
      if (person) tell("identify", person);
      if (open) tell("open");
      paint();
    } else if (data.switchroom === "close") toggle(false);
    else if (data.switchroom === "unread") commands.unread(data.count);
    else if (data.switchroom === "badge") store("localStorage", "badge", data.badge);
  });
  button.addEventListener("click", () => toggle(!open));
  button.addEventListener("pointerenter", load, { once: true });
  host.addEventListener("keydown", (event) => { if (event.key === "Escape") toggle(false); });

  const start = () => {
    paint();
    document.body.append(host);
    queue.forEach((command) => window.switchroom(...command));
    if (store("sessionStorage", "open")) return toggle(true);
    const badge = store("localStorage", "badge");
    if (badge) make("script", { async: "", src: `${server}/widget/badge.js?b=${badge}` }, document.head);
  };
  // A page that is never idle, or draws nothing just now, gets its button all the same.
  const begin = () => window.requestIdleCallback ? requestIdleCallback(start, { timeout: 1_000 }) : setTimeout(start);
  if (document.body) begin(); else addEventListener("DOMContentLoaded", begin);
})();
