// Requests of the widget. The visitor's token lives in this page's memory and goes out in a header: no cookie,
// so it works where third-party cookies are blocked, and no other page can make this browser send it.
const TIMEOUT = 10_000;
let token = "";
let reopen = null; // makes a new session when the old one is no longer known

/** What an answer was, when it was not the one hoped for; status 0 means that there was none. */
export class Refused extends Error {
  constructor(status, problem = {}) {
    super(`refused: ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

export const useToken = (value) => { token = value; };
export const onUnknown = (open) => { reopen = open; };

/** Ask the server; `json` makes it a POST. Answers with the Response, throws Refused. */
export async function ask(path, { json, timeout = TIMEOUT, again = true } = {}) {
  const headers = { "HX-Request": "true" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method: json ? "POST" : "GET", headers, credentials: "omit", cache: "no-store",
      body: json && JSON.stringify(json), signal: AbortSignal.timeout(timeout),
    });
  } catch {
    throw new Refused(0);
  }
  if (response.ok) return response;
  if (response.status === 401 && again && reopen) {
    await reopen();
    return ask(path, { json, timeout, again: false });
  }
  throw new Refused(response.status, await response.json().catch(() => ({})));
}

/** Send a file and say how far it has come; answers with the text of the answer. */
export function upload(file, progress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", "/widget/files");
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
    request.onload = () => {
      if (request.status === 200) return resolve(request.responseText);
      let problem = {};
      try { problem = JSON.parse(request.responseText); } catch { /* a proxy's page: the status says enough */ }
      return reject(new Refused(request.status, problem));
    };
    request.onerror = () => reject(new Refused(0));
    const body = new FormData();
    body.append("file", file);
    request.send(body);
  });
  return { done, cancel: () => request.abort() };
}

/** The sentence for what went wrong, in the visitor's language. */
export function words(error, field) {
  const { dataset } = document.getElementById("words");
  if (!(error instanceof Refused) || error.status === 0) return dataset.network;
  if (error.status === 429) return dataset.too_many;
  if (error.status === 413) return dataset.too_large;
  const code = error.problem.errors?.[field] ?? Object.values(error.problem.errors ?? {})[0];
  return dataset[code] ?? dataset.error;
}

/** A new random id, also where the page is not a secure context. */
export const newId = () =>
  crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
