// Short notices at the bottom edge. The server shows one with an HX-Trigger header (app.pages.toast).
const region = document.getElementById("toasts");
const icons = { success: "done", danger: "circle-alert", info: "info" };

/** A translated word of the toast region: words("error-404") reads data-error-404. */
export const words = (name) => region?.getAttribute(`data-${name}`) ?? undefined;

/** Say something to screen readers only. */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  announcer.textContent = "";
  setTimeout(() => { announcer.textContent = text; }, 50);
}

/**
 * Show a notice. `action` is {label, run}; with `undo`, a URL, the action POSTs to it.
 * Stays 5 s, 10 s with an action, and as long as the pointer or the focus is on it.
 */
export function toast(text, { kind = "info", action, undo } = {}) {
  if (!region) return;
  if (undo) action = { label: words("undo"), run: () => htmx.ajax("POST", undo, { swap: "none" }) };
  const item = document.createElement("div");
  item.className = `toast toast-${kind}`;
  if (kind === "danger") item.setAttribute("role", "alert");
  item.append(drawing(icons[kind] ?? "info"), Object.assign(document.createElement("span"), { textContent: text }));
  const close = () => item.remove();
  if (action) item.append(button("toast-action", action.label, () => { close(); action.run(); }));
  const cross = button("toast-close", "", close);
  cross.setAttribute("aria-label", words("close"));
  cross.append(drawing("x", "icon icon-small"));
  item.append(cross);

  // The top layer is in order of opening: opened again, toasts lie above dialogs.
  if (region.matches(":popover-open")) region.hidePopover();
  region.append(item);
  region.showPopover();
  while (region.children.length > 3) region.firstElementChild.remove();

  let left = action ? 10 : 5;
  const tick = setInterval(() => {
    if (!item.isConnected) return clearInterval(tick);
    if (item.matches(":hover, :focus-within") || document.hidden) return;
    left -= 1;
    if (left <= 0) close();
  }, 1000);
  return close;
}

function button(className, label, run) {
  const element = Object.assign(document.createElement("button"), { type: "button", className, textContent: label });
  element.addEventListener("click", run);
  return element;
}

/** An icon of the sprite that the page already uses. */
export function drawing(name, className = "icon") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", new URL(`../icons.svg#${name}`, import.meta.url).pathname + `#${name}`);
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

document.addEventListener("toast", ({ detail }) => toast(detail.text ?? detail.value, detail));
