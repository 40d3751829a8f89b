// The calendar by keys: up and down go through a day, left and right from day to day, past the edge to the span
// before or after. T, N, P, W, M and L are shortcuts of the links in the page.
const calendar = () => document.querySelector("[data-calendar]");
const shown = (element) => element.checkVisibility();

/** What can be reached, day by day: each day's own link first, then what is due on it. */
function days() {
  const root = calendar();
  if (root.dataset.calendar !== "week") {
    return [...root.querySelectorAll("[data-cal-cell]")].map((cell) => [...cell.querySelectorAll("[data-cal-day], [data-cal-item]")].filter(shown)).filter((day) => day.length);
  }
  return [...root.querySelectorAll("[data-cal-head]")].map((head) => [
    head.querySelector("[data-cal-day]"), ...root.querySelectorAll(`[data-cal-column="${head.dataset.calHead}"] [data-cal-item]`),
  ].filter(shown)).filter((day) => day.length);
}

/** Where the arrow leads: an element, a page, or nowhere. */
function next(key) {
  const all = days(), month = calendar().dataset.calendar === "month";
  const x = all.findIndex((day) => day.includes(document.activeElement));
  if (x < 0) return all.find((day) => day.some((one) => one.matches('[aria-current="date"]')))?.[0] ?? all[0]?.[0];
  const y = all[x].indexOf(document.activeElement);
  const column = (at, row) => all[at]?.[Math.min(row, all[at].length - 1)];
  if (key === "ArrowDown") return all[x][y + 1] ?? (month ? column(x + 7, 0) : null);
  if (key === "ArrowUp") return all[x][y - 1] ?? (month ? column(x - 7, Infinity) : null);
  const step = (key === "ArrowRight") === (getComputedStyle(document.documentElement).direction !== "rtl") ? 1 : -1;
  return column(x + step, y) ?? document.querySelector(`.cal-turn[data-shortcut="${step > 0 ? "n" : "p"}"]`);
}

document.addEventListener("keydown", (event) => {
  if (!/^Arrow(Up|Down|Left|Right)$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (!calendar() || (event.target !== document.body && !event.target.closest?.("[data-calendar], #main"))) return;
  const target = next(event.key);
  if (!target) return;
  event.preventDefault();
  target.focus();
  if (target.matches(".cal-turn")) target.click();
});
