// Alerts: acknowledged one at a time; the list looks for new ones by itself.
"use strict";

{
  const { $, ask, main, tick, tell } = window.ql;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-acknowledge]");
    if (!button) return;
    button.disabled = true;
    try {
      await ask("POST", `/v1/alerts/${encodeURIComponent(button.dataset.acknowledge)}/acknowledgement`, {});
      await fresh();
    } catch (error) {
      button.disabled = false;
      tell(error);
    }
  });
  async function fresh() {
    const now = await main(location.pathname + location.search);
    if (now) { $("#main").replaceChildren(...now.childNodes); tick(); }
  }
  setInterval(() => { if (!document.hidden && !$("#main").contains(document.activeElement)) fresh(); }, 5000);
}
