// Requests that change something carry the session's CSRF token; what failed is said in a toast.
import { toast, words } from "./toast.js";

const token = () => document.querySelector('meta[name="csrf-token"]').content;

/** fetch() for our own server: a POST with the CSRF token. `data` is an object of fields or FormData. */
export function post(url, data = {}) {
  const body = data instanceof FormData ? data : new URLSearchParams(data);
  return fetch(url, {
    method: "POST", body, credentials: "same-origin",
    headers: { "X-CSRF-Token": token(), "HX-Request": "true" },
  });
}

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "GET") ctx.request.headers["X-CSRF-Token"] = token();
  ctx.sourceElement.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  ctx.sourceElement?.removeAttribute("aria-busy");
});

// Answers that htmx does not swap (see htmx-config in base.html). 409 and 422 are swapped: they are forms.
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const { status, headers } = ctx.response;
  if (status === 401) return location.assign("/sign-in?next=" + encodeURIComponent(location.pathname + location.search));
  if (status === 409 || status === 422) return;
  toast(detailOf(ctx.text, headers) ?? words(`error-${status}`) ?? words("error"), { kind: "danger" });
});

document.addEventListener("htmx:error", ({ detail }) => {
  if (detail.ctx && !detail.ctx.response) toast(words("error-network"), { kind: "danger" });
});

/** The sentence our server sent with an error, {"detail": "…"}; undefined when it sent a page. */
function detailOf(text, headers) {
  if (!headers.get("Content-Type")?.includes("json")) return undefined;
  try {
    const { detail } = JSON.parse(text);
    return typeof detail === "string" ? detail : undefined;
  } catch {
    return undefined;
  }
}
