// An item for somebody who only reads: compare, suggest, open the history.
"use strict";

{
  const { $, part, keys, toast } = window.ql;
  const item = $(".item");
  const acts = {
    view: () => {
      const reading = $(".reading");
      const both = reading.dataset.view !== "both";
      reading.dataset.view = both ? "both" : "eye";
      $("[data-act=view]").setAttribute("aria-pressed", String(both));
    },
    suggest: async () => {
      try { $(".suggestion").replaceChildren(...await part(`/desk/${encodeURIComponent(item.dataset.id)}/suggestion`)); } catch (error) { toast(error.message); }
    },
    show: () => { delete item.dataset.shut; },
    history: () => $("a[data-act=history]").click(),
  };
  item.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-act]");
    if (button) acts[button.dataset.act]?.();
  });
  keys({ x: acts.show, v: acts.view, w: acts.suggest, h: acts.history });
}
