// Lists: up and down by keys, Enter opens. Filters apply once they are chosen, and the focus stays with them.
"use strict";

{
  const { $, $$, ask, chosen, keys, tell } = window.ql;
  const rows = () => $$(":is(#rows, [data-walk]) tbody tr:not(:has(.empty)), #rows > li:not(.empty)");
  // Where rows have only buttons that change things, the row itself gets the focus, and Tab leads to them.
  const opener = (row) => $("a", row) ?? (row.closest("[data-walk]") ? null : $("button", row));
  function step(by) {
    const all = rows();
    if (!all.length) return;
    const at = Math.max(0, Math.min(all.findIndex((row) => row.classList.contains("on")) + by, all.length - 1));
    all.forEach((row, index) => row.classList.toggle("on", index === at));
    const to = opener(all[at]) ?? all[at];
    if (to === all[at]) to.tabIndex = -1;
    to.focus({ preventScroll: true });
    all[at].scrollIntoView({ block: "nearest" });
  }
  const filters = $("#filters");
  if (filters && !$("button:not([type])", filters)) chosen(filters, () => setTimeout(() => { // by then the focus has come to where it goes
    const at = document.activeElement;
    if (filters.contains(at)) sessionStorage.setItem("filter", at.name);
    filters.requestSubmit();
  }));
  const left = sessionStorage.getItem("filter");
  sessionStorage.removeItem("filter");
  if (left && filters) $(`[name="${CSS.escape(left)}"]`, filters)?.focus();
  document.addEventListener("click", async (event) => {
    const { removeView: name, ask: question } = event.target.closest?.("[data-remove-view]")?.dataset ?? {};
    if (name === undefined || !confirm(question)) return;
    try { await ask("DELETE", `/v1/views?name=${encodeURIComponent(name)}`); location.reload(); } catch (error) { tell(error); }
  });
  const save = () => $("#save-view")?.showModal();
  $("[data-act=save-view]")?.addEventListener("click", save);
  keys({
    j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1),
    Enter: ({ target }) => {
      const row = rows().find((one) => one.classList.contains("on"));
      (target.closest("#rows a, #rows button") ?? (row && opener(row)))?.click();
    },
    f: () => $(".filters select")?.focus(), v: save,
    n: () => $("a[rel=next]")?.click(), "/": () => $("input[type=search]")?.focus(),
  });
}
