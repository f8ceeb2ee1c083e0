// Alerts: acknowledged one at a time; the list looks for new ones by itself.
"use strict";

{
  const { $, alerted, ask, say, toast, tell, keys, reading, renew } = window.ql;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-acknowledge]");
    if (!button || button.ariaBusy === "true") return;
    button.ariaBusy = "true"; // one that is disabled would lose the focus, and with it the place in the list
    try {
      await ask("POST", `/v1/alerts/${encodeURIComponent(button.dataset.acknowledge)}/acknowledgement`, {});
      await Promise.all([renew("#main"), alerted()]);
    } catch (error) {
      button.ariaBusy = "false";
      tell(error);
    }
  });
  // Who is at a button in the list is left alone; a row that is chosen stays so.
  const still = () => !$("#main").contains(document.activeElement) || document.activeElement.matches("tr.on, tr.on a");
  reading(() => still() && renew("#main"), 5000);
  keys({ a: () => {
    if (!$("#rows tr.on")) toast(say("js.pick_row"));
    $("#rows tr.on [data-acknowledge]")?.click();
  } });
}
