// Forms whose button bears data-confirm ask before they are sent.
document.addEventListener("submit", (event) => {
  const sure = event.target.querySelector?.("[data-confirm]")?.dataset.confirm;
  if (sure && !confirm(sure)) event.preventDefault();
});
