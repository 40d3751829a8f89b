// What every page needs. Screens add their own modules in their {% block scripts %}.
import "./request.js";
import "./toast.js";
import "./time.js";
import "./theme.js";
import "./overlay.js";
import "./keyboard.js";
import "./palette.js";
import "./connection.js";
import "./desk.js";
import "./notices.js";

// What a form answered is where the reader goes on: what needs attention, or what is shown only once.
document.querySelector("[data-focus]")?.focus();

// A button that cannot be undone asks once more.
document.addEventListener("submit", (event) => {
  const sure = event.submitter?.dataset.confirm;
  if (sure && !confirm(sure)) event.preventDefault();
});

// Where tabs are wider than the window, the current one is in sight.
for (const here of document.querySelectorAll(":is(.tabs, .segments) > [aria-current]")) {
  const row = here.parentElement;
  const end = here.offsetLeft + here.offsetWidth - row.offsetLeft;
  if (end > row.clientWidth + 8) row.scrollLeft = end - (row.clientWidth + here.offsetWidth) / 2;
}
