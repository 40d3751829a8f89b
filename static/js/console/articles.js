// The list of articles: choosing several shows what can be done with them.
const bar = () => document.querySelector("[data-bulk-bar]");
const ticks = () => [...document.querySelectorAll("[data-bulk] input[name=ids]")];

function show() {
  const box = bar();
  if (!box) return;
  const count = ticks().filter((one) => one.checked).length;
  box.hidden = count === 0;
  const words = box.querySelector("[data-bulk-count]");
  words.textContent = words.dataset.words.replace("{count}", count);
  const { value } = box.querySelector("[name=what]");
  for (const field of box.querySelectorAll("[data-with]")) field.hidden = field.dataset.with !== value;
}

document.addEventListener("change", ({ target }) => {
  if (!target.closest?.("[data-bulk]")) return;
  if ("tickAll" in target.dataset) for (const one of ticks()) one.checked = target.checked;
  show();
});
document.addEventListener("htmx:after:swap", show);
show();
