// The system page reads itself anew, quietly, while somebody looks at it.
"use strict";

{
  const { $, main, tick } = window.ql;
  setInterval(async () => {
    if (document.hidden) return;
    const fresh = await main("/system");
    if (fresh) { $("#main").replaceChildren(...fresh.childNodes); tick(); }
  }, 5000);
}
