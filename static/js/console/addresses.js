// Whom a mail goes to besides the customer: chips that are checked one by one and can be taken off.
// The hidden input of a field holds what is sent; the page works without chips as well, by its text.
import { words } from "./words.js";

const ADDRESS = /^[^\s<>(),;:\\"[\]@]+@[^\s<>(),;:\\"@]+\.[^\s<>(),;:\\"@]+$/;
const FIELDS = ["to", "cc", "bcc"];
const composer = () => document.getElementById("composer");
const row = (name) => composer()?.querySelector(`[data-addresses="${name}"]`);
const value = (name) => composer()?.elements[name]?.value ?? "";
const split = (text) => text.split(/[\s,;]+/).filter(Boolean);

/** What is sent: {to, cc, bcc}, each addresses with commas. */
export const addressees = () => Object.fromEntries(FIELDS.map((name) => [name, value(name)]));

/** Show these addresses, and the fields that hold some. */
export function setAddressees(all) {
  for (const name of FIELDS) if (row(name) && all[name] != null) draw(name, split(all[name]));
}

/** Take over what was typed and not confirmed; false, and the focus there, where it is no address. */
export function confirmAddressees() {
  for (const name of FIELDS) {
    const input = row(name)?.querySelector("[data-address]");
    if (input && !take(input)) { input.focus(); return false; }
  }
  return true;
}

function draw(name, addresses) {
  const unique = [...new Set(addresses)];
  composer().elements[name].value = unique.join(", ");
  const template = document.getElementById("address-template").content.firstElementChild;
  row(name).querySelector(".address-chips").replaceChildren(...unique.map((address) => {
    const chip = template.cloneNode(true);
    chip.querySelector("span").textContent = address;
    const off = chip.querySelector("button");
    off.setAttribute("aria-label", words("remove", { name: address }));
    off.addEventListener("click", () => {
      draw(name, unique.filter((other) => other !== address));
      row(name).querySelector("[data-address]").focus();
    });
    return chip;
  }));
  if (unique.length) row(name).hidden = false;
  document.dispatchEvent(new CustomEvent("composer:changed"));
  warn();
}

/** Who types an address that bounced or complained learns it before sending. */
let warnTimer = null, warned = "";
function warn() {
  clearTimeout(warnTimer);
  warnTimer = setTimeout(async () => {
    const box = document.getElementById("address-warnings"), { conversation } = composer()?.dataset ?? {};
    const emails = FIELDS.map(value).filter(Boolean).join(",");
    if (!box || `${conversation} ${emails}` === warned) return;
    warned = `${conversation} ${emails}`;
    if (!emails) return box.replaceChildren();
    const response = await fetch(`/inbox/${conversation}/address-warnings?emails=${encodeURIComponent(emails)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (response?.ok && box.isConnected) box.innerHTML = await response.text(); // our own template: every value in it is escaped
  }, 200);
}

/** Make chips of what stands in an input; what is no address stays there and says so. */
function take(input) {
  const name = input.closest("[data-addresses]").dataset.addresses;
  const typed = split(input.value), wrong = typed.filter((one) => !ADDRESS.test(one));
  const right = typed.filter((one) => ADDRESS.test(one)).map((one) => one.toLowerCase());
  if (right.length) draw(name, [...split(value(name)), ...right]);
  input.value = wrong.join(" ");
  input.toggleAttribute("aria-invalid", false);
  if (wrong.length) input.setAttribute("aria-invalid", "true");
  document.getElementById("composer-status").textContent = wrong.length ? words("notAnAddress", { address: wrong[0] }) : "";
  return !wrong.length;
}

document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (!input.matches?.("[data-address]") || event.isComposing) return;
  const { addresses: name } = input.closest("[data-addresses]").dataset;
  if (["Enter", ",", ";"].includes(event.key)) {
    event.preventDefault();
    take(input);
  } else if (event.key === "Backspace" && !input.value) draw(name, split(value(name)).slice(0, -1));
});
document.addEventListener("focusout", ({ target }) => { if (target.matches?.("[data-address]")) take(target); });
document.addEventListener("paste", (event) => {
  if (event.target.matches?.("[data-address]")) setTimeout(() => take(event.target));
});
document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("[data-more-addresses]")) return;
  for (const name of FIELDS) row(name).hidden = false;
  target.closest("[data-more-addresses]").hidden = true;
  row("cc").querySelector("[data-address]").focus();
});

let drawn = null;
function begin() {
  if (!composer() || composer() === drawn) return;
  drawn = composer();
  warned = "";
  setAddressees(addressees());
}
document.addEventListener("htmx:after:swap", begin);
begin();
