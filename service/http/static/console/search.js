// A search goes on by itself, further back each time, until there is a page of hits, the end, or Escape.
"use strict";

{
  const { $, $$, part, say, tick, tell } = window.ql;
  const ENOUGH = 20;
  const hits = () => $$("#rows > li:not(.empty)");
  const stopping = new AbortController();
  // What was typed and is not there can be mended; the service does not say again what it was asked for.
  const wrong = $("[name=id][aria-invalid]");
  if (wrong) { wrong.value = new URLSearchParams(location.search).get("id") ?? ""; wrong.select(); }

  let looked = Number($("#looked")?.dataset.looked);

  // The next page of results, put after those that are there.
  async function further(link) {
    const page = document.createElement("div");
    page.append(...await part(link.getAttribute("href"), undefined, { signal: stopping.signal }));
    const found = $$("#rows > li:not(.empty)", page);
    if (found.length) $("#rows .empty")?.remove();
    $("#rows").append(...found);
    looked += Number($("#looked", page).dataset.looked);
    const next = $("a[rel=next]", page);
    if (next) link.replaceWith(next); else link.remove();
    if ($("#looked time", page)) $("#looked").replaceWith($("#looked", page));
  }

  async function goOn() {
    const began = $("a[rel=next]");
    if (!began) return;
    try {
      for (let link = began; link && hits().length < ENOUGH; link = $("a[rel=next]")) {
        $("#looked [role=status]").textContent = say("js.searching", { n: looked });
        $("#rows").setAttribute("aria-busy", "true");
        await further(link);
        tick();
      }
    } catch (error) {
      if (error.name !== "AbortError") tell(error);
    }
    $("#rows").removeAttribute("aria-busy");
    $("#looked [role=status]").textContent = say("js.looked_at", { n: looked });
    if (!$("a[rel=next]") && $("#rows .empty")) $("#rows .empty").textContent = say("js.nothing_found");
  }

  document.addEventListener("keydown", (event) => { if (event.key === "Escape") stopping.abort(); });
  goOn();
}
