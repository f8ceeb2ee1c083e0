// Rules: a draft put together on the lexicon page, tried and proposed; steps of proposals; what comes of a rehearsal.
"use strict";

{
  const { $, $$, ask, complain, gone, part, say, sending, tick, toast, keys } = window.ql;
  const KEPT = "ql-draft";
  const wrong = (place, error) => {
    const why = error.problem?.why;
    const told = why ? { message: say(`js.rules_${why}`) } : error;
    if (place && $(".error", place)) complain(place, told); else toast(told.message, { alert: true });
  };

  // A rehearsal is asked after until it is over; its text comes from the service.
  async function follow(made, place) {
    for (;;) {
      let nodes;
      try { nodes = await part(`/rehearsals/${encodeURIComponent(made.id)}`); } catch (error) { wrong(null, error); return; }
      place.replaceChildren(...nodes);
      tick(place);
      if ($(".rehearsal", place)?.dataset.state !== "running") return;
      await new Promise((later) => setTimeout(later, 250));
    }
  }

  // Steps: a button or a form that asks the interface and shows the page anew.
  async function step(of) {
    if (of.ariaBusy === "true") return;
    of.ariaBusy = "true";
    const [method, path] = of.dataset.call.split(" ");
    try {
      await ask(method, path, of.dataset.send ? JSON.parse(of.dataset.send) : undefined);
      if (of.dataset.then) location.assign(of.dataset.then); else location.reload();
      await gone;
    } catch (error) { wrong(of.closest("dialog"), error); }
    of.ariaBusy = "false";
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-call]");
    if (button) step(button);
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.dataset.call) { event.preventDefault(); step(form); }
    if (form.dataset.rehearse) {
      event.preventDefault();
      const last = Number(new FormData(form).get("last"));
      try { await follow(await ask("POST", form.dataset.rehearse, { last }), $("#outcome")); } catch (error) { wrong(null, error); }
    }
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[data-advise]");
    if (!button) return;
    button.disabled = true;
    try {
      const made = await ask("POST", "/v1/rulesets/proposals", { changes: [JSON.parse(button.dataset.advise)], note: button.dataset.note });
      location.assign(`/rulesets/${encodeURIComponent(made.id)}`);
    } catch (error) { button.disabled = false; wrong(null, error); }
  });

  // The draft: kept while the browser's tab is, so that terms of several searches come together.
  const draft = $("#draft");
  const kept = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  const keep = (list) => { sessionStorage.setItem(KEPT, JSON.stringify(list)); show(); };
  const add = (change, says) => { keep([...kept(), { change, says }]); toast(say("js.drafted")); };
  function line({ change, says }, place) {
    const item = document.createElement("li");
    const told = document.createElement("span");
    const more = change.weight ?? change.severity;
    const category = change.category ? ` · ${$(`#new-term [value="${CSS.escape(change.category)}"]`)?.textContent ?? change.category}` : "";
    const scenes = (change.scenes ?? []).map((code) => $(`#weigh [name=scene] [value="${CSS.escape(code)}"]`)?.textContent ?? code);
    const what = says.replace(/\s*\|\s*(severity|weight):\s*/g, (_, name) => ` · ${say(`js.c_${name}`)} `);
    told.textContent = `${say(`js.op_${change.op}`)} ${what}${more === undefined ? "" : ` → ${more}`}${category}${scenes.length ? ` (${scenes.join(", ")})` : ""}`;
    const away = document.createElement("button");
    away.type = "button";
    away.className = "plain";
    away.textContent = "×";
    away.setAttribute("aria-label", say("js.take_out", { x: says }));
    away.addEventListener("click", () => keep(kept().filter((_, number) => number !== place)));
    item.append(told, " ", away);
    return item;
  }
  function show() {
    if (!draft) return;
    const list = kept();
    $("#draft-list").replaceChildren(...list.map(line));
    $("#draft-empty").hidden = list.length > 0;
    $("#draft-form").hidden = list.length === 0;
  }
  const changes = () => kept().map((one) => one.change);
  function clear() { const box = $("#draft-form .error"); if (box) box.hidden = true; }
  async function rehearse() {
    clear();
    const last = Number($("#draft-form [name=last]").value);
    try { await follow(await ask("POST", "/v1/rulesets/rehearsals", { changes: changes(), last }), $("#outcome")); } catch (error) { wrong($("#draft-form"), error); }
  }
  async function lint() {
    clear();
    try {
      const told = await ask("POST", "/v1/lexicons/lint", { changes: changes() });
      const list = document.createElement("ul");
      list.className = "lines";
      for (const one of told.doubts) {
        const item = document.createElement("li");
        const chip = document.createElement("span");
        chip.className = one.refuses ? "chip warn" : "chip";
        chip.textContent = one.term;
        item.append(chip, ` ${one.told} ${one.detail}`, ...one.texts.flatMap((text) => { const quote = document.createElement("q"); quote.textContent = text; return [document.createElement("br"), quote]; }));
        list.append(item);
      }
      const head = document.createElement("p");
      head.className = "faint";
      head.textContent = say("js.linted", { n: told.doubts.length, terms: told.terms, texts: told.texts });
      $("#outcome").replaceChildren(head, list);
    } catch (error) { wrong($("#draft-form"), error); }
  }
  async function propose() {
    clear();
    const note = $("#draft-form [name=note]").value;
    try {
      const made = await ask("POST", "/v1/rulesets/proposals", { changes: changes(), note });
      sessionStorage.removeItem(KEPT);
      location.assign(`/rulesets/${encodeURIComponent(made.id)}`);
    } catch (error) { wrong($("#draft-form"), error); }
  }
  if (draft) {
    show();
    $("#draft-form").addEventListener("submit", (event) => { event.preventDefault(); propose(); });
    $("[data-try]").addEventListener("click", rehearse);
    $("[data-lint]").addEventListener("click", lint);
    document.addEventListener("click", (event) => {
      const to = event.target.closest?.("button")?.dataset ?? {};
      if (to.draft) add(JSON.parse(to.draft), to.says);
      if (to.weigh) {
        const dialog = $("#weigh");
        $("[name=rule]", dialog).value = to.weigh;
        dialog.dataset.weight = to.weight;
        dialog.dataset.severity = to.severity;
        bounds();
        $("#weigh-says").textContent = to.says;
        dialog.dataset.says = to.says;
        dialog.showModal();
      }
    });
    // A line that cannot be read is refused where it was typed; the next one is mostly of the same category.
    const term = $("#new-term-form");
    term.addEventListener("submit", (event) => {
      event.preventDefault();
      const { op, category, line: said } = Object.fromEntries(new FormData(term));
      const change = op === "add" ? { op, category, line: said } : { op, line: said };
      sending(term, async () => {
        await ask("POST", "/v1/lexicons/lint", { changes: [change] });
        add(change, said);
        term.elements.line.value = "";
        $("#new-term").close();
      });
    });
    // The number is that of the term now, within what it may be.
    const weigh = $("#weigh-form").elements;
    function bounds() {
      const severity = weigh.op.value === "severity";
      weigh.number.value = $("#weigh").dataset[weigh.op.value];
      weigh.number.min = severity ? 0 : 1;
      weigh.number.max = severity ? 4 : 100;
    }
    weigh.op.addEventListener("change", bounds);
    $("#new-term-form [name=op]").addEventListener("change", (event) => { $("#new-term-form [data-for=add]").hidden = event.target.value !== "add"; });
    $("#weigh-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const sent = Object.fromEntries(new FormData(event.target));
      const dialog = $("#weigh");
      add({ op: sent.op, rule: sent.rule, [sent.op]: Number(sent.number), ...(sent.scene ? { scenes: [sent.scene] } : {}) }, dialog.dataset.says);
      dialog.close();
    });
  }

  const open = (name) => { const dialog = $(`#${name}`); if (dialog) dialog.showModal(); };
  keys({
    f: () => $("#filters input, #filters select")?.focus(),
    n: () => open("new-term"),
    t: () => { const form = $("#try"); if (form) form.requestSubmit(); else if (draft && kept().length) rehearse(); },
    p: () => { if (draft && kept().length) propose(); },
    a: () => open("sure-approve"),
    v: () => open("sure-activate"),
    z: () => open("sure-rollback"),
  });
}
