// Settings: a word after copying, the widget's preview that follows the form, a warning before leaving.
import { toast } from "../toast.js";

document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    toast(button.dataset.copied, { kind: "success" });
  } catch {
    getSelection().selectAllChildren(source); // not allowed to: then it is chosen, for Ctrl+C
  }
});

const form = document.querySelector("[data-admin-form]");
const preview = document.querySelector("[data-preview]");
let later;

if (form && preview) {
  form.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(() => {
      const fields = new URLSearchParams(new FormData(form));
      for (const name of ["csrf_token", "_csrf"]) fields.delete(name);
      preview.contentWindow.location.replace(`${preview.dataset.preview}?${fields}`);
    }, 300);
  });
}

if (form) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
