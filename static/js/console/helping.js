// Who helps a colleague writes notes only: the reply is not there for them, and there again when they take over.

function lookWho() {
  const form = document.getElementById("composer");
  if (!form) return;
  const guest = Boolean(document.querySelector(".helpers[data-guest]"));
  const reply = document.getElementById("kind-outbound");
  if (reply.hidden === guest) return;
  reply.hidden = guest;
  document.dispatchEvent(new CustomEvent("composer:kind", { detail: { kind: guest ? "note" : "outbound" } }));
}

document.addEventListener("htmx:after:swap", lookWho);
lookWho();
