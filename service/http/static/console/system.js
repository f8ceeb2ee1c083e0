// The system page reads itself anew, quietly, while somebody looks at it.
"use strict";

{
  const { $, part, tick } = window.ql;
  setInterval(async () => {
    if (document.hidden) return;
    const fresh = (await part("/system").catch(() => [])).find((node) => node.id === "main");
    if (fresh) { $("#main").replaceChildren(...fresh.childNodes); tick(); }
  }, 5000);
}
