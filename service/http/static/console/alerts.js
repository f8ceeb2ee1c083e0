// Alerts: acknowledged one at a time; the list looks for new ones by itself.
"use strict";

{
  const { $, ask, part, tick, toast } = window.ql;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-acknowledge]");
    if (!button) return;
    button.disabled = true;
    try {
      await ask("POST", `/v1/alerts/${encodeURIComponent(button.dataset.acknowledge)}/acknowledgement`, {});
      await fresh();
    } catch (error) {
      button.disabled = false;
      toast(error.message, { alert: true });
    }
  });
  async function fresh() {
    const nodes = await part(location.pathname + location.search).catch(() => []);
    const main = nodes.find((node) => node.id === "main");
    if (main) { $("#main").replaceChildren(...main.childNodes); tick(); }
  }
  setInterval(() => { if (!document.hidden && !$("#main").contains(document.activeElement)) fresh(); }, 5000);
}
