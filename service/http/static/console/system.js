// The system page reads itself anew, quietly, while somebody looks at it.
"use strict";

{
  const { $, main, reading, tick } = window.ql;
  reading(async () => {
    $("#main").replaceChildren(...(await main("/system")).childNodes);
    tick();
  }, 5000);
}
