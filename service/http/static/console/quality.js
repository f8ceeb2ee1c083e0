// The quality of review: what is golden is added and ended here.
"use strict";

{
  const { $, ask, toast, keys } = window.ql;
  document.addEventListener("click", async (event) => {
    const to = event.target.closest?.("button")?.dataset ?? {};
    if (!to.delete || !confirm(to.ask)) return;
    try { await ask("DELETE", to.delete); location.reload(); } catch (error) { toast(error.message, { alert: true }); }
  });
  keys({ n: () => $("#new-golden")?.showModal() });
}
