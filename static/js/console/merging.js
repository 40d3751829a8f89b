// Splitting and moving from the menu of a message, and going where a conversation goes on.

let message = ""; // the id of the message whose menu was opened last

document.addEventListener("click", ({ target }) => {
  const menu = target.closest?.("[data-message-menu]");
  if (menu) message = menu.closest(".message").dataset.id;
  if (target.closest?.("[data-move]")) {
    htmx.ajax("GET", `/messages/${message}/move`, { source: "#sheet", target: "#sheet", swap: "innerHTML" });
  }
  if (target.closest?.("[data-split]")) {
    htmx.ajax("POST", `/messages/${message}/split`, { source: "#sheet", target: "#sheet", swap: "none" });
  }
});

// Messages went from one thread to another: the page shows where they are now.
document.addEventListener("conversation:goes_on", ({ detail: { id } }) => {
  document.getElementById("sheet-dialog")?.close();
  const address = `/inbox/${id}${location.search}`;
  history.pushState({ htmx: true }, "", address);
  htmx.ajax("GET", address, { source: "#panes", target: "#panes", swap: "innerHTML" });
});
