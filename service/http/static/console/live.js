// Live rooms: the page reads itself anew while somebody looks at it; one key asks to mute, to warn or for a note.
"use strict";

{
  const { $, $$, ask, main, reading, say, tick, toast, complain, sending, draft, done, keys } = window.ql;
  const room = $("#room")?.dataset.room;
  let picked = null, who = null, name = "", said = [], paused = false; // who was picked stays so when the line has gone by

  const lines = () => $$("#stream [data-author]");
  function pick(seq) {
    picked = seq;
    for (const line of $$("#stream li")) line.classList.toggle("on", line.dataset.seq === seq);
    const line = $(`#stream [data-seq="${CSS.escape(seq)}"]`);
    if (line) ({ author: who, name } = line.dataset); // the name is for people: it shows what hides in the id
    if (line) said = [...$(".what", line).cloneNode(true).childNodes];
    if ($("#picked")) $("#picked").textContent = say("js.picked", { who: name });
    return line;
  }
  function step(by) {
    const all = lines();
    const at = all.findIndex((line) => line.dataset.seq === picked);
    const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
    if (next) pick(next.dataset.seq)?.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("click", (event) => {
    const line = event.target.closest?.("#stream [data-author]");
    if (line) pick(line.dataset.seq);
  });

  let asked = 0; // what was asked for earlier and comes later is nothing any more
  async function fresh() {
    const mine = ++asked, page = await main(location.pathname);
    if (mine !== asked) return;
    for (const id of room ? ["pulse", "stream", "beside"] : ["count", "rows"]) {
      const now = $(`#${id}`), then = $(`#${id}`, page);
      if (!now || !then) continue;
      const within = now !== document.activeElement && now.contains(document.activeElement);
      const left = within && document.activeElement.closest("#rows a")?.getAttribute("href"); // a row of the wall
      const script = $(".beside-script", now), up = script?.scrollTop, reads = script && script === document.activeElement;
      if (within && !left && !reads) continue;
      now.replaceChildren(...then.childNodes);
      const again = script && $(".beside-script", now);
      if (again) again.scrollTop = up;
      if (reads) again?.focus({ preventScroll: true });
      const link = left && $(`a[href="${CSS.escape(left)}"]`, now);
      if (link) { link.focus({ preventScroll: true }); link.closest("li").classList.add("on"); }
    }
    if (picked) pick(picked);
    tick();
  }
  reading(() => !paused && !$("dialog[open]") && fresh(), 2000);

  // The form is there with what was typed until the act is done.
  const act = (form, sent, called = "") => sending(form, async () => {
    await ask("POST", `/v1/rooms/${encodeURIComponent(room)}/acts`, sent);
    done(form);
    toast(say(`js.room_${sent.kind}`, { who: called }));
    $("#stream").focus({ preventScroll: true }); // a part with the focus in it is not read anew
    await fresh().catch(() => {});
  });
  function begun(form, name) {
    form.reset();
    draft(form, `${room} ${name}`);
    complain(form, null);
  }
  // Nobody is met by a slip of the hand: an act is asked for, with its reason, before it is done.
  const acting = $("#acting");
  let doing = null, met = "";
  function begin(kind, target, called = "") {
    if (!acting) return;
    doing = { kind, target };
    met = called;
    $("#acting-title").textContent = say(`js.room_${kind}_ask`, { who: met });
    begun($("form", acting), `${kind} ${target ?? ""}`);
    $("#how-long").hidden = $("#acting-said").hidden = kind !== "mute";
    $("#acting-said").replaceChildren(...said);
    acting.showModal();
  }
  if (acting) $("form", acting).addEventListener("submit", (event) => {
    event.preventDefault();
    const text = event.target.elements.text.value.trim();
    const minutes = doing.kind === "mute" && Number(event.target.elements.minutes.value);
    act(event.target, { ...doing, ...(text && { text }), ...(minutes && { minutes }) }, met);
  });
  function mute() {
    if (!who) { toast(say("js.pick_one"), { alert: true }); return; }
    if ($(`#acts [data-unmute="${CSS.escape(who)}"]`)) toast(say("js.room_muted", { who: name }));
    else begin("mute", who, name);
  }
  document.addEventListener("click", (event) => {
    const { act: what, unmute, name: called } = event.target.closest?.("[data-act], [data-unmute]")?.dataset ?? {};
    if (what === "mute") mute();
    if (what === "warn") begin("warn");
    if (unmute) begin("unmute", unmute, called);
  });
  $("#note-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    act(event.target, { kind: "note", text: event.target.elements.text.value });
  });
  if ($("#note-form")) begun($("#note-form"), "note");
  if (room) keys({
    j: () => step(1), k: () => step(-1), m: mute, w: () => $("[data-act=warn]")?.click(),
    n: () => $("#noting")?.showModal(), p: () => { paused = !paused; toast(say(paused ? "js.paused" : "js.going")); },
  });
}
