// Dialogs and menus are native elements; this opens, places and leaves them.
// data-opens="<dialog id>" opens a dialog, data-closes closes the one around it, popovertarget opens a menu.
const GAP = 4;

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  if (opener) {
    event.preventDefault();
    opener.closest("[popover]")?.hidePopover();
    openDialog(opener.dataset.opens);
    return;
  }
  if (event.target.closest?.("[data-closes]")) event.target.closest("dialog, [popover]")?.[closerOf(event.target)]();
  // A click on the backdrop is a click on the dialog element itself.
  if (event.target.matches?.("dialog:not([data-stays])") && outside(event)) event.target.close();
  const item = event.target.closest?.(".menu-item");
  if (item && item.role !== "menuitemcheckbox") item.closest("[popover]")?.hidePopover();
});

const closerOf = (element) => (element.closest("dialog, [popover]").matches("dialog") ? "close" : "hidePopover");

function outside({ target, clientX: x, clientY: y }) {
  const box = target.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

/** Open a dialog by id; the focus returns to where it was when it closes (the browser does that). */
export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  dialog.dispatchEvent(new CustomEvent("dialog:open", { bubbles: true }));
  dialog.showModal();
}

// A form in a dialog that was accepted closes it; 422 comes back into it.
document.addEventListener("htmx:after:request", ({ target, detail: { ctx } }) => {
  const dialog = target.closest?.("dialog");
  if (dialog?.open && ctx.response?.status < 300 && ctx.request.method !== "GET") dialog.close();
});

// ---- menus ----

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.(".menu[popover]")) return;
  const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
  const open = event.newState === "open";
  button?.setAttribute("aria-expanded", String(open));
  if (open && button) {
    place(menu, button);
    (menu.querySelector('[aria-checked="true"]') ?? items(menu)[0])?.focus();
  } else if (!open && menu.contains(document.activeElement)) {
    button?.focus();
  }
}, true);

/** Put a menu below its button, or above when there is no room; data-side="end" puts it beside. */
export function place(menu, button) {
  const from = button.getBoundingClientRect(), size = menu.getBoundingClientRect();
  const rtl = getComputedStyle(menu).direction === "rtl";
  let left, top;
  if (menu.dataset.side === "end" && innerWidth > 720) {
    left = rtl ? from.left - size.width - GAP * 2 : from.right + GAP * 2;
    top = from.bottom - size.height;
  } else {
    left = (menu.dataset.align === "start") !== rtl ? from.left : from.right - size.width;
    top = from.bottom + GAP;
    if (top + size.height > innerHeight - GAP && from.top - size.height - GAP > 0) top = from.top - size.height - GAP;
  }
  left = Math.max(GAP, Math.min(left, innerWidth - size.width - GAP));
  top = Math.max(GAP, Math.min(top, innerHeight - size.height - GAP));
  places.replaceSync(`#${CSS.escape(menu.id)} { left: ${left}px; top: ${top}px; }`);
}

// The place is a style sheet's, never an attribute: htmx copies the attributes of what it replaces, and the policy
// of the page refuses a style attribute that is set as text.
const places = new CSSStyleSheet();
document.adoptedStyleSheets.push(places);

const items = (menu) => [...menu.querySelectorAll(".menu-item:not(:disabled)")];

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu:popover-open");
  if (!menu || event.isComposing) return;
  const all = items(menu), at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    all.at(to % all.length)?.focus();
  } else if (event.key === "Tab") {
    menu.hidePopover();
  } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.target.matches("input")) {
    // Type ahead: the next item that begins with the letter.
    const next = [...all.slice(at + 1), ...all].find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
    if (next) { event.stopPropagation(); next.focus(); }
  }
}, true);
