// Live rooms: the page reads itself anew while somebody looks at it; one key mutes, warns or opens a note.
"use strict";

{
  const { $, $$, ask, main, say, tick, toast, tell, keys } = window.ql;
  const room = $("#room")?.dataset.room;
  let picked = null, paused = false;

  const lines = () => $$("#stream [data-author]");
  function pick(seq) {
    picked = seq;
    for (const line of $$("#stream li")) line.classList.toggle("on", line.dataset.seq === seq);
    const line = seq && $(`#stream [data-seq="${CSS.escape(seq)}"]`);
    if ($("#picked")) $("#picked").textContent = line ? say("js.picked", { who: line.dataset.author }) : say("js.pick_one");
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

  async function fresh() {
    const page = await main(location.pathname);
    if (!page) return;
    for (const id of room ? ["pulse", "stream", "beside"] : ["rows"]) {
      const now = $(`#${id}`), then = $(`#${id}`, page);
      if (now && then && !(now.contains(document.activeElement) && now !== document.activeElement)) now.replaceChildren(...then.childNodes);
    }
    if (picked) pick(picked);
    tick();
  }
  setInterval(() => { if (!document.hidden && !paused && !$("dialog[open]")) fresh(); }, 2000);

  async function act(sent) {
    try {
      await ask("POST", `/v1/rooms/${encodeURIComponent(room)}/acts`, sent);
      toast(say(`js.room_${sent.kind}`, { who: sent.target ?? "" }));
      await fresh();
    } catch (error) { tell(error); }
  }
  function mute() {
    const line = picked && $(`#stream [data-seq="${CSS.escape(picked)}"]`);
    if (!line) { toast(say("js.pick_one"), { alert: true }); return; }
    act({ kind: "mute", target: line.dataset.author });
  }
  document.addEventListener("click", (event) => {
    const what = event.target.closest?.("[data-act]")?.dataset.act;
    if (what === "mute") mute();
    if (what === "warn") act({ kind: "warn" });
  });
  $("#note-form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await act({ kind: "note", text: event.target.elements.text.value });
    event.target.reset();
    $("#noting").close();
  });
  if (room) keys({
    j: () => step(1), k: () => step(-1), m: mute, w: () => $("[data-act=warn]")?.click(),
    n: () => $("#noting")?.showModal(), p: () => { paused = !paused; toast(say(paused ? "js.paused" : "js.going")); },
  });
}
