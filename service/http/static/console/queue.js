// Lists: up and down by keys, Enter opens. Filters apply once they are chosen, and the focus stays with them.
"use strict";

{
  const { $, $$, ask, chosen, keys, tell } = window.ql;
  const rows = () => $$("#rows tbody tr[data-id], #rows > li:not(.empty)");
  let at = -1;
  function select(place) {
    const all = rows();
    if (!all.length) return;
    at = Math.max(0, Math.min(place, all.length - 1));
    all.forEach((row, index) => row.classList.toggle("on", index === at));
    const link = $("a", all[at]);
    link.focus({ preventScroll: true });
    all[at].scrollIntoView({ block: "nearest" });
  }
  const filters = $("#filters");
  if (filters) chosen(filters, () => setTimeout(() => { // by then the focus has come to where it goes
    const at = document.activeElement;
    if (filters.contains(at)) sessionStorage.setItem("filter", at.name);
    filters.requestSubmit();
  }));
  const left = sessionStorage.getItem("filter");
  sessionStorage.removeItem("filter");
  if (left && filters) $(`[name="${CSS.escape(left)}"]`, filters)?.focus();
  document.addEventListener("click", async (event) => {
    const name = event.target.closest?.("[data-remove-view]")?.dataset.removeView;
    if (name === undefined) return;
    try { await ask("DELETE", `/v1/views?name=${encodeURIComponent(name)}`); location.reload(); } catch (error) { tell(error); }
  });
  const save = () => $("#save-view")?.showModal();
  $("[data-act=save-view]")?.addEventListener("click", save);
  keys({
    j: () => select(at + 1), k: () => select(at - 1), ArrowDown: () => select(at + 1), ArrowUp: () => select(at - 1),
    Enter: () => rows()[at] && $("a", rows()[at]).click(),
    f: () => $("select", filters ?? document)?.focus(), v: save,
    n: () => $("a[rel=next]")?.click(), "/": () => $("input[type=search]")?.focus(),
  });
}
