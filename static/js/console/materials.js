// What was put into the reply: articles and macros. The server counts what still stands there when it is
// sent, and asks before the same person gets the same again.
const form = () => document.getElementById("composer");
const held = () => (form()?.dataset.materials ?? "").split(",").filter(Boolean);

/** {materials, again} as they are kept and sent; `again`: sending it once more was agreed to. */
export const materials = () => ({ materials: held().join(","), again: form()?.dataset.again === "true" });

/** Something was put in; what was agreed to before was agreed to without it. */
export function putIn(material) {
  if (!form()) return;
  if (material && !held().includes(material)) form().dataset.materials = [...held(), material].join(",");
  delete form().dataset.again;
}

/** What came back into the composer was made of these. */
export function setMaterials({ materials: back, again }) {
  if (!form() || back === undefined) return;
  form().dataset.materials = [...new Set([...held(), ...(Array.isArray(back) ? back : back.split(",")).filter(Boolean)])].join(",");
  if (again) form().dataset.again = "true";
}

/** It was sent. */
export function clearMaterials() {
  delete form().dataset.materials;
  delete form().dataset.again;
}
