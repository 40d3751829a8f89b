// Sentences in the reader's language, from templates/console/_words.html.

/** words("viewing", {name: "Ben"}) */
export function words(name, values = {}) {
  const text = document.getElementById("console-words")?.dataset[name] ?? "";
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}
