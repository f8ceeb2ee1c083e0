// Creators: measures and trials are moved by one button each; what hurts is asked about first.
"use strict";

{
  const { $, ask, say, tell, complain, keys } = window.ql;

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

  // Numbers of a form go as numbers; one that is left empty is left out.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.numbers) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const sent = Object.fromEntries(new FormData(form));
    for (const name of form.dataset.numbers.split(" ")) {
      if (sent[name] === "") delete sent[name]; else sent[name] = Number(sent[name]);
    }
    try { await ask("POST", form.dataset.post, sent); location.reload(); } catch (error) { complain(form, error); }
  }, true);

  keys({ m: () => $("#propose")?.showModal(), n: () => $("#propose")?.showModal() });
}
