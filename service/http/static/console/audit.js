// Stories that are printed; packs: asked for, watched while they are made, verified.
"use strict";

{
  const { $, $$, ask, say, toast, tell, sending, anew, done, keys, reading, renew, lang } = window.ql;
  const form = $("#export-form");

  const print = $("[data-print]");
  print?.addEventListener("click", () => window.print());

  // The form: the law of the chosen pack, a reason where nothing is masked
  function shown() {
    const chosen = form.elements.pack.selectedOptions[0];
    $("#pack-law").textContent = chosen.dataset.law;
    for (const name of ["creator", "room"]) form.elements[name].required = chosen.dataset.needs === name;
    const reason = $("#reason");
    if (reason) {
      reason.hidden = !form.elements.unmasked.checked;
      form.elements.reason.required = form.elements.unmasked.checked;
    }
  }
  const midnight = (day, later) => {
    if (!day) return null;
    const at = new Date(`${day}T00:00:00+08:00`);
    if (later) at.setUTCDate(at.getUTCDate() + 1);
    return at.toISOString();
  };
  function send(event) {
    event.preventDefault();
    const given = new FormData(form);
    const body = {
      formats: given.getAll("formats"), contents: given.has("contents"), unmasked: given.has("unmasked"), lang,
    };
    for (const name of ["pack", "room", "creator", "scene", "category", "reason"]) if (given.get(name)) body[name] = given.get(name);
    const since = midnight(given.get("since")), until = midnight(given.get("until"), true);
    if (since) body.since = since;
    if (until) body.until = until;
    sending(form, () => ask("POST", "/v1/exports", body).then(anew));
  }
  if (form) {
    form.addEventListener("change", shown);
    form.addEventListener("submit", send);
    shown();
  }

  // What is being made
  async function look() {
    const waiting = $$('tr[data-state="waiting"]');
    let made = false, wrong = null;
    for (const row of waiting) {
      let told;
      try { told = await ask("GET", `/v1/exports/${encodeURIComponent(row.dataset.id)}`); } catch (error) { wrong = error; continue; }
      made ||= told.state !== "waiting";
      if (told.doing) {
        const { stage, done, total } = told.doing;
        $("progress", row).value = total ? Math.round((done * 1000) / total) : 0;
        $(".stage", row).textContent = say(`js.stage_${stage}`);
      }
    }
    if (made) await renew("#rows"); // a form that somebody is filling in stays
    if (wrong) throw wrong;
    return waiting.length > 0;
  }
  if (form) reading(look, 700);

  async function verify(id) {
    const told = await ask("GET", `/v1/exports/${encodeURIComponent(id)}/verification`);
    $("#verdict-line").textContent = say(told.good ? "js.pack_good" : "js.pack_bad");
    $("#verdict-line").className = told.good ? "good" : "error";
    const lines = [...told.found.map(({ code, where }) => `${code} ${where}`), ...told.unknown.map((code) => say(`js.unknown_${code}`))];
    $("#verdict-found").replaceChildren(...lines.map((line) => { const item = document.createElement("li"); item.textContent = line; return item; }));
    $("#verdict").showModal();
  }
  document.addEventListener("click", async (event) => {
    const to = event.target.closest?.("button")?.dataset ?? {};
    try {
      if (to.verify) await verify(to.verify);
      if (to.cancel) { await ask("DELETE", `/v1/exports/${encodeURIComponent(to.cancel)}`); location.reload(); }
    } catch (error) { tell(error); }
  });
  // Holds, and who is erased
  const erasure = $("#erasure-form");
  erasure?.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = new FormData(erasure);
    if (!confirm(erasure.dataset.ask)) return;
    sending(erasure, async () => {
      const told = await ask("POST", "/v1/erasures", { person_id: given.get("person_id"), reason: given.get("reason"), retained: given.has("retained") });
      done(erasure);
      toast(say("js.erased", told), { alert: true });
    });
  });
  keys({ n: () => $("#new-export, #new-hold")?.showModal(), e: () => $("#new-erasure")?.showModal(), p: () => print?.click() });
}
