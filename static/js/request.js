// Requests that change something carry the session's CSRF token; what failed is said in a toast.
import { toast, words } from "./toast.js";

export const token = () => document.querySelector('meta[name="csrf-token"]').content;

/**
 * fetch() for our own server: a POST with the CSRF token. `data` is an object of fields or FormData;
 * `options` go to fetch: signal, keepalive.
 */
export function post(url, data = {}, options = {}) {
  const body = data instanceof FormData ? data : new URLSearchParams(data);
  return fetch(url, {
    method: "POST", body, credentials: "same-origin",
    headers: { "X-CSRF-Token": token(), "HX-Request": "true" },
    ...options,
  });
}

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "GET") ctx.request.headers["X-CSRF-Token"] = token();
  ctx.sourceElement.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  ctx.sourceElement?.removeAttribute("aria-busy");
});

// Errors that htmx does not swap are said in a toast (see htmx-config in base.html). 409 and 422 are swapped
// when they are HTML, because they are forms to be put right; as problem details (RFC 9457) they are toasts too.
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const { status, headers } = ctx.response;
  if (status === 401) return location.assign("/sign-in?next=" + encodeURIComponent(location.pathname + location.search));
  if ((status === 409 || status === 422) && !isProblem(headers)) return;
  toast(sentenceOf(ctx.text, headers) ?? words(`error-${status}`) ?? words("error"), { kind: "danger" });
});

document.addEventListener("htmx:before:swap", (event) => {
  const { response } = event.detail.ctx;
  if (response && isProblem(response.headers)) event.preventDefault();
});

document.addEventListener("htmx:error", ({ detail }) => {
  if (detail.ctx && !detail.ctx.response) toast(words("error-network"), { kind: "danger" });
});

const isProblem = (headers) => headers.get("Content-Type")?.includes("json") ?? false;

/** What the server said in words, if it did: detail, or the first of its errors. */
export function sentenceOf(text, headers) {
  if (!isProblem(headers)) return undefined;
  try {
    const { detail, errors = {} } = JSON.parse(text);
    return [detail, ...Object.values(errors)].find((one) => typeof one === "string");
  } catch {
    return undefined;
  }
}
