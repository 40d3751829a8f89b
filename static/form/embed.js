// A Switchroom web form where this tag stands. Your policy needs this origin in script-src and frame-src.
// <script async src="https://…/static/form/embed.js" data-key="KEY"></script>
(() => {
  "use strict";
  const tag = document.currentScript;
  if (!tag?.dataset.key) return;
  const server = new URL(tag.src).origin;
  const lang = tag.dataset.lang ?? (document.documentElement.lang || navigator.language);
  const query = new URLSearchParams({ embed: "1", lang, origin: location.origin });
  const frame = document.createElement("iframe");
  frame.src = `${server}/form/${encodeURIComponent(tag.dataset.key)}?${query}`;
  frame.title = tag.dataset.title ?? "Contact form";
  frame.setAttribute("frameborder", "0");
  frame.width = "100%";
  frame.height = "720";
  addEventListener("message", ({ data, origin, source }) => {
    if (origin === server && source === frame.contentWindow && data?.switchroomForm > 0) frame.height = String(Math.ceil(data.switchroomForm));
  });
  tag.after(frame);
})();
