// Lists: up and down by keys, Enter opens. Filters apply once they are chosen, and the focus stays with them.
"use strict";

{
  const { $, $$, ask, main, chosen, keys, tell, tick } = window.ql;
  const rows = () => $$(":is(#rows, [data-walk]) tbody tr:not(:has(.empty)), #rows > li:not(.empty)");
  // Where rows have only buttons that change things, the row itself gets the focus, and Tab leads to them.
  const opener = (row) => $("a", row) ?? (row.closest("[data-walk]") ? null : $("button", row));
  function choose(row, focus = true) {
    for (const one of rows()) one.classList.toggle("on", one === row);
    if (!row || !focus) return;
    const to = opener(row) ?? row;
    if (to === row) to.tabIndex = -1;
    to.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  function step(by) {
    const all = rows();
    choose(all[Math.max(0, Math.min(all.findIndex((row) => row.classList.contains("on")) + by, all.length - 1))]);
  }

  // A place in a list: the row that is chosen, then those that take its place where it is gone. What a row is of is its mark.
  const mark = (row) => row.dataset.id ?? $("a", row)?.getAttribute("href") ?? row.cells?.[0].textContent;
  function place() {
    const all = rows(), at = all.findIndex((row) => row.classList.contains("on"));
    return at < 0 ? [] : [...all.slice(at), ...all.slice(0, at).reverse()].map(mark);
  }
  function back(to, focus) {
    const all = new Map(rows().map((row) => [mark(row), row]));
    choose(all.get(to.find((one) => all.has(one))), focus);
  }
  // Reads a part of the page anew; the place in it stays.
  async function renew(of) {
    const page = await main(location.pathname + location.search);
    const to = place(), within = $(of).contains(document.activeElement);
    $(of).replaceChildren(...(page.matches(of) ? page : $(of, page)).childNodes);
    tick();
    back(to, within);
  }
  const LEFT = `place ${location.pathname}`;
  document.addEventListener("click", (event) => {
    const row = rows().find((one) => event.target.closest?.("a, button") && one.contains(event.target));
    if (!row) return;
    choose(row, false);
    sessionStorage.setItem(LEFT, JSON.stringify(place()));
  }, true);
  const meant = rows().find((row) => row.id && `#${row.id}` === location.hash);
  if (meant) choose(meant);
  else if (document.activeElement === document.body) back(JSON.parse(sessionStorage.getItem(LEFT)) ?? []);
  sessionStorage.removeItem(LEFT);

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
  Object.assign(window.ql, { renew });
}
