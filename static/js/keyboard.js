// Shortcuts are declared in the page: data-shortcut="e" on a button presses it, on a field goes there, and with
// data-action="list:next" sends that event from the element. This one list drives the handler, the "?" sheet,
// the palette and aria-keyshortcuts. Keys: "e", "shift+e", "?", "mod+k" (Ctrl or ⌘), "Escape" is the browser's.
// html[data-shortcuts] is "letters", "alt" (single keys need Alt) or "off" (WCAG 2.1.4).
const root = document.documentElement;
const mac = /Mac|iP/.test(navigator.platform);

/** Every shortcut of the page as it is now: {key, label, group, run}. In an open dialog, only the dialog's own. */
export function shortcuts() {
  const modal = [...document.querySelectorAll("dialog:modal")].at(-1);
  const seen = new Set();
  const found = [];
  for (const element of (modal ?? document).querySelectorAll("[data-shortcut]")) {
    const key = element.dataset.shortcut;
    if (seen.has(key) || element.disabled || (!modal && element.closest("dialog"))) continue;
    seen.add(key);
    const group = element.closest("[data-shortcut-group]")?.dataset.shortcutGroup ?? "";
    found.push({ key, group, element, label: labelOf(element), run: () => press(element) });
  }
  return found;
}

export const labelOf = (element) =>
  element.dataset.shortcutLabel ?? element.getAttribute("aria-label") ?? wordsOf(element);

/** What an element says, without the key that may stand in it. */
function wordsOf(element) {
  const copy = element.cloneNode(true);
  for (const key of copy.querySelectorAll(".kbd")) key.remove();
  return copy.textContent.trim();
}

export function press(element) {
  if (element.dataset.action) {
    element.dispatchEvent(new CustomEvent(element.dataset.action, { bubbles: true }));
  } else if (element.matches("input, textarea, select")) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

/** A key as people read it on their keyboard. */
export function keyName(key) {
  const names = mac
    ? { mod: "⌘", shift: "⇧", alt: "⌥", enter: "↩" }
    : { mod: "Ctrl", shift: "Shift", alt: "Alt", enter: "Enter" };
  const parts = (single(key) && root.dataset.shortcuts === "alt" ? `alt+${key}` : key).split("+");
  return parts.map((part) => names[part] ?? part.toUpperCase()).join(mac ? "" : " ");
}

const single = (key) => !key.startsWith("mod+");

/** The name of what was pressed, or null for what is not a shortcut at all. */
function pressed(event) {
  const letter = /^(Key|Digit)(.)$/.exec(event.code)?.[2].toLowerCase();
  if (event.ctrlKey || event.metaKey) return letter && !event.altKey ? `mod+${event.shiftKey ? "shift+" : ""}${letter}` : null;
  const mode = root.dataset.shortcuts;
  if (mode === "off" || event.altKey !== (mode === "alt")) return null;
  if (event.altKey && letter) return (event.shiftKey ? "shift+" : "") + letter;
  const key = event.key.toLowerCase();
  return event.shiftKey && /^[a-z]$/.test(key) ? `shift+${key}` : key;
}

const typing = (target) =>
  target.closest?.('textarea, select, [contenteditable="true"], input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"])');

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  if (event.key === "F6") return nextPane(event);
  const key = pressed(event);
  if (!key || (single(key) && typing(event.target))) return;
  if (single(key) && event.target.closest?.(".menu")) return; // there, letters choose an item
  const shortcut = shortcuts().find((one) => one.key === key);
  if (!shortcut) return;
  event.preventDefault();
  shortcut.run();
});

/** F6 and Shift+F6 go round the columns: every [data-pane] that is shown. */
function nextPane(event) {
  const panes = [...document.querySelectorAll("[data-pane]")].filter((pane) => pane.checkVisibility());
  if (!panes.length) return;
  event.preventDefault();
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const pane = panes.at((at + (event.shiftKey ? -1 : 1)) % panes.length);
  (pane.querySelector("[data-pane-focus], [tabindex='0']") ?? pane).focus();
}

function mark() {
  const mode = root.dataset.shortcuts;
  for (const element of document.querySelectorAll("[data-shortcut]")) {
    const key = element.dataset.shortcut;
    if (single(key) && mode === "off") element.removeAttribute("aria-keyshortcuts");
    else element.setAttribute("aria-keyshortcuts", (single(key) && mode === "alt" ? "alt+" : "") + key.replace("mod", mac ? "Meta" : "Control"));
  }
}

document.addEventListener("dialog:open", ({ target }) => {
  const list = target.querySelector("[data-shortcut-list]");
  if (!list) return;
  const groups = Map.groupBy(shortcuts(), ({ group }) => group || list.dataset.general);
  list.replaceChildren(...[...groups].map(([group, all]) => {
    const section = document.createElement("section");
    section.append(Object.assign(document.createElement("h3"), { textContent: group }));
    for (const { key, label } of all) {
      const line = document.createElement("div");
      line.append(Object.assign(document.createElement("span"), { textContent: label }), " ");
      line.append(Object.assign(document.createElement("kbd"), { className: "kbd", textContent: keyName(key) }));
      section.append(line);
    }
    return section;
  }));
});

new MutationObserver(mark).observe(root, { attributeFilter: ["data-shortcuts"] });
document.addEventListener("htmx:after:swap", mark);
mark();
