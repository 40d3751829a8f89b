// The due list: J and K go from row to row, E says that the row in focus is done. What is done leaves the list.
const rows = () => [...document.querySelectorAll("[data-due-row]")];
const at = () => rows().findIndex((row) => row.contains(document.activeElement));

function go(index) {
  const all = rows();
  all[Math.max(0, Math.min(index, all.length - 1))]?.focus();
}

document.addEventListener("due:next", () => go(at() + 1));
document.addEventListener("due:previous", () => go(at() < 0 ? 0 : at() - 1));
document.addEventListener("due:done", () => rows()[at()]?.querySelector("[data-due-done]")?.click());
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const button = ctx.sourceElement;
  if (!button?.matches?.("[data-due-done]") || !(ctx.response?.status < 300)) return;
  const place = rows().findIndex((row) => row.contains(button));
  const row = button.closest("[data-due-row]"), group = row?.closest(".due-group");
  row?.remove();
  if (group && !group.querySelector("[data-due-row]")) group.remove();
  go(place);
});
