// A brand's greeting stands in an empty first reply as soon as somebody writes there. Left alone it is gone again: it
// is no draft, and is not sent by itself.
const text = (box) => (box.dataset.greeting ? `${box.dataset.greeting}\n\n` : "");

/** Whether nothing but the greeting stands there. */
export const onlyGreeting = (box) => Boolean(box.dataset.greeting) && box.value.trim() === box.dataset.greeting;

function show(box, value) {
  box.value = value;
  box.dataset.saved = value; // what we put there ourselves is not to be kept as a draft
  if (value) box.setSelectionRange(value.length, value.length);
}

document.addEventListener("focusin", ({ target }) => {
  if (target.matches?.("[data-greeting]") && !target.value && !target.dataset.saved) show(target, text(target));
});
document.addEventListener("focusout", ({ target }) => {
  if (target.matches?.("[data-greeting]") && onlyGreeting(target)) show(target, "");
});
