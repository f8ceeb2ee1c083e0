// Creators: measures and trials are moved by one button each; what hurts is asked about first.
"use strict";

{
  const { $, ask, say, tell, keys } = window.ql;

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[data-act]");
    if (!button) return;
    const { act, body, sure, why } = button.dataset;
    let sent = body ? JSON.parse(body) : {};
    if (sure && !confirm(say("js.sure"))) return;
    if (why) {
      const said = prompt(say("js.why"));
      if (!said) return;
      sent = { why: said };
    }
    button.disabled = true;
    try { await ask("POST", act, body || why ? sent : undefined); location.reload(); } catch (error) { tell(error); button.disabled = false; }
  });

  keys({ m: () => $("#propose")?.showModal(), n: () => $("#propose")?.showModal() });
}
