// What was noted about a customer is on its way to the card: its form closes, empty for the next.

document.body.addEventListener("fact:noted", () => {
  for (const menu of document.querySelectorAll(".note-fact-menu:popover-open")) {
    menu.querySelector("form").reset();
    menu.hidePopover();
  }
});

// What somebody unfolded stays so when the socket brings the card anew.
const unfolded = new Set();
document.addEventListener("click", ({ target }) => {
  const details = target.closest?.("details[data-stays] > summary")?.parentElement;
  if (details) unfolded[details.open ? "delete" : "add"](details.id); // it opens or closes after this
});
document.addEventListener("htmx:after:swap", () => {
  for (const details of document.querySelectorAll("details[data-stays]")) if (unfolded.has(details.id)) details.open = true;
});
