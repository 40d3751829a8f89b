// Files of a reply: chosen, pasted or dropped; uploaded at once, with progress; sent by their keys.
import { token } from "../request.js";
import { toast, words as common } from "../toast.js";
import { sentenceOf } from "../request.js";
import { putIn } from "./materials.js";
import { words } from "./words.js";

const list = () => document.getElementById("composer-files");
const template = () => document.getElementById("upload-template").content.firstElementChild;

/** What is uploaded and not sent yet: [{key, name}]. */
export const attached = () => [...list().querySelectorAll(".upload[data-key]")].map(({ dataset }) => ({ key: dataset.key, name: dataset.name, size: Number(dataset.size ?? 0) }));
export const clearFiles = () => { list().replaceChildren(); changed(); };

/** How much is attached is said before it is sent; base64 makes a mail a third bigger than its files. */
const BIG = 20_000_000 / 1.37;
function changed() {
  const sizes = [...list().querySelectorAll(".upload")].map(({ dataset }) => Number(dataset.size ?? 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const said = document.getElementById("composer-size");
  if (said) said.textContent = total ? words(total > BIG ? "attachedBig" : "attached", { size: sizeInWords(total) }) : "";
  document.dispatchEvent(new CustomEvent("composer:changed"));
}

function sizeInWords(bytes) {
  const [unit, value] = bytes < 1_000_000 ? ["kilobyte", bytes / 1_000] : ["megabyte", bytes / 1_000_000];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

/** `inPlace`: pictures stand in the text where the caret is, in a mail. */
export function takeFiles(files, inPlace = false) {
  for (const file of files) upload(file, inPlace);
}

function line(name) {
  const item = template().cloneNode(true);
  item.dataset.name = name;
  item.querySelector(".upload-name").textContent = name;
  item.querySelector("button").setAttribute("aria-label", words("remove", { name }));
  list().append(item);
  return item;
}

function upload(file, inPlace) {
  putIn("");
  const item = line(file.name || "image.png");
  item.dataset.busy = "";
  item.dataset.size = file.size;
  item.setAttribute("aria-label", words("uploading", { name: file.name }));
  const request = new XMLHttpRequest(); // fetch() does not tell how much has gone up
  const data = new FormData();
  data.append("file", file, file.name || "image.png");
  request.upload.addEventListener("progress", ({ loaded, total }) => { item.querySelector("progress").value = (loaded / total) * 100; });
  request.addEventListener("load", () => {
    if (request.status >= 300) return failed(item, request);
    const { key, name, content_type: type } = JSON.parse(request.responseText);
    delete item.dataset.busy;
    Object.assign(item.dataset, { key, name });
    item.setAttribute("aria-label", name);
    item.querySelector("progress").hidden = true;
    changed();
    if (inPlace && type.startsWith("image/")) document.dispatchEvent(new CustomEvent("composer:picture", { detail: { key, name } }));
  });
  request.addEventListener("error", () => failed(item));
  item.querySelector("button").addEventListener("click", () => { request.abort(); item.remove(); changed(); document.dispatchEvent(new CustomEvent("composer:no-picture", { detail: item.dataset })); });
  request.open("POST", "/files");
  request.setRequestHeader("X-CSRF-Token", token());
  request.setRequestHeader("HX-Request", "true");
  request.send(data);
}

function failed(item, request) {
  item.remove();
  changed();
  const headers = new Headers({ "Content-Type": request?.getResponseHeader("Content-Type") ?? "" });
  const why = request ? sentenceOf(request.responseText, headers) : common("error-network");
  toast(why ?? common(`error-${request?.status}`) ?? common("error"), { kind: "danger" });
}

document.addEventListener("composer:files", ({ detail: { files } }) => {
  for (const { key, name, size = 0 } of files) {
    const item = line(name);
    Object.assign(item.dataset, { key, size });
    item.querySelector("progress").hidden = true;
    item.querySelector("button").addEventListener("click", () => { item.remove(); changed(); document.dispatchEvent(new CustomEvent("composer:no-picture", { detail: { key } })); });
  }
  changed();
});

document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-attach]")) document.getElementById("composer-file").click();
});
document.addEventListener("change", ({ target }) => {
  if (target.id !== "composer-file") return;
  takeFiles(target.files);
  target.value = "";
});

const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
let over = 0;
document.addEventListener("dragenter", (event) => {
  if (!holdsFiles(event) || !event.target.closest?.(".thread-pane")) return;
  over += 1;
  document.getElementById("composer")?.toggleAttribute("data-over", true);
});
document.addEventListener("dragleave", (event) => {
  if (!holdsFiles(event) || !event.target.closest?.(".thread-pane")) return;
  over = Math.max(0, over - 1);
  if (!over) document.getElementById("composer")?.removeAttribute("data-over");
});
document.addEventListener("dragover", (event) => { if (holdsFiles(event)) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  over = 0;
  document.getElementById("composer")?.removeAttribute("data-over");
  if (!holdsFiles(event)) return;
  event.preventDefault();
  if (document.getElementById("composer")) takeFiles(event.dataTransfer.files, true);
});
