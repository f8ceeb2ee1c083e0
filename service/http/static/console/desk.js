// My work: the items in hand, one shown large, the next ones fetched ahead. Every act is a key.
"use strict";

{
  const { $, $$, say, toast, tell, complain, draft, done, reading, keys, tick, lay, picked } = window.ql;
  const desk = $("#desk"), place = $("#place"), undoBar = $("#undo");
  const batch = Number(desk.dataset.batch), undoable = Number(desk.dataset.undo) * 1000;
  let hand = desk.dataset.held.split(" ").filter(Boolean);
  const { me } = document.body.dataset, TALLY = `tally ${me}`, DECIDED = `decided ${me}`;
  let here = null, tally = Number(sessionStorage.getItem(TALLY)), busy = false, last = null, claiming = null, dry = false;
  let asked = desk.dataset.asked; // the item that was opened out of a list: nothing is claimed beside it
  const ready = new Map();
  // What the service last said of each in hand: the token of its steps, and until when it is held.
  const leases = new Map();
  const leased = ({ id, token, lease_until: until }) => leases.set(id, { token, until: Date.parse(until) });

  // A connection may be half open: what does not answer is given up.
  const within = (seconds) => ({ signal: AbortSignal.timeout(seconds * 1000) });
  const ask = (method, at, body, seconds = 20) => window.ql.ask(method, at, body, within(seconds));
  const part = (at) => window.ql.part(at, undefined, within(20));

  const path = (id, step = "") => `/v1/reviews/${encodeURIComponent(id)}${step && `/${step}`}`;
  const item = () => $(".item", place);
  const fetched = (id) => {
    if (!ready.has(id)) ready.set(id, part(`/desk/${encodeURIComponent(id)}`).catch((error) => { ready.delete(id); throw error; }));
    return ready.get(id);
  };

  async function show(id) {
    const from = document.activeElement;
    const nodes = await fetched(id);
    here = id;
    history.replaceState({ here }, "");
    sessionStorage.setItem("here", here);
    place.replaceChildren(...nodes);
    scrollTo(0, 0);
    tick(place);
    beads();
    // Who went elsewhere while the item was fetched is not pulled back.
    if ([from, document.body].includes(document.activeElement)) item().focus({ preventScroll: true });
    const next = hand[hand.indexOf(id) + 1];
    if (next) fetched(next).catch(() => {});
  }

  function beads() {
    const tray = $("#tray");
    tray.replaceChildren(...hand.map((id, index) => {
      const bead = document.createElement("button");
      bead.type = "button";
      bead.dataset.bead = id;
      bead.setAttribute("aria-label", say("js.now_at", { n: index + 1, m: hand.length }));
      if (id === here) bead.setAttribute("aria-current", "true");
      return bead;
    }));
    $("#tally").textContent = tally ? say("js.tally", { n: tally }) : "";
  }
  function count(by) {
    tally = Math.max(0, tally + by);
    sessionStorage.setItem(TALLY, tally);
  }

  async function claim() {
    claiming ??= ask("POST", "/v1/reviews/claim", { limit: batch, distinct: true }).finally(() => { claiming = null; });
    const { items } = await claiming;
    dry = items.length === 0;
    recount().catch(() => {});
    for (const one of items) {
      leased(one);
      if (!hand.includes(one.id)) hand.push(one.id);
    }
    beads();
    return items.length;
  }

  function drop(id) {
    hand = hand.filter((one) => one !== id);
    ready.delete(id);
    leases.delete(id);
  }
  async function advance(from) {
    const at = Math.max(0, hand.indexOf(from));
    drop(from);
    if (from === asked) { rest("#back"); return; }
    const next = hand[at] ?? hand[0];
    if (next) {
      await show(next);
      if (hand.length < 3 && refills() && !dry) claim().then(() => fetched(hand[hand.indexOf(here) + 1] ?? here)).catch(() => {});
      return;
    }
    if (refills() && !dry && (await claim())) { await show(hand[0]); return; }
    rest(dry ? "#done" : "#back");
  }

  // No item is shown, but what to do now.
  function rest(told) {
    here = null;
    place.replaceChildren($(told).content.cloneNode(true));
    const others = $("[data-act=go-on]", place);
    if (others && hand.length) { others.hidden = false; $("span", others).textContent = say("js.go_on", { n: hand.length }); }
    beads();
    $("[data-first]", place).focus();
  }

  // Whether more is claimed while somebody works; else the hand comes to its end.
  const refill = $("[data-act=refill]");
  const refills = () => !asked && refill.getAttribute("aria-pressed") === "true";
  function refilling(on) {
    refill.setAttribute("aria-pressed", String(on));
    localStorage.setItem("refill", on ? "on" : "off");
  }
  refilling(localStorage.getItem("refill") !== "off");

  // One act at a time; what comes in between is not lost on the wrong item, it is not taken, and that is said.
  function waits() {
    if (busy) toast(say("js.busy"));
    return busy;
  }
  async function once(work) {
    if (waits()) return;
    busy = true;
    place.setAttribute("aria-busy", "true");
    const slow = setInterval(() => toast(say("js.waiting")), 4000);
    try { await work(); } catch (error) { await refused(error).catch(tell); }
    clearInterval(slow);
    busy = false;
    place.removeAttribute("aria-busy");
  }

  // What was typed stays where it is, unless the item is no longer the person's to decide.
  async function refused(error) {
    const asking = [reasons, noting].find((one) => one.open);
    if (error.status !== 409 || !item()) {
      if (asking) complain($("form", asking), error); else toast(error.message, { alert: true });
      return;
    }
    const { why = "other", item: now } = error.problem;
    if (mine(now)) { await stood({ ...now, ...(await ask("GET", path(now.id)).catch(() => ({}))) }, Date.parse(now.closed_at)); return; }
    asking?.close();
    const { id, until } = item().dataset, moved = /^(state|token|late)$/.test(why);
    const other = now?.holder && now.holder.name !== me, free = moved && !other && (now?.state === "waiting" || why === "late");
    const ended = why === "late" || (leases.get(id)?.until ?? Date.parse(until)) <= Date.now();
    const box = $("#conflict").content.cloneNode(true);
    $("b", box).textContent = say(`conflict.${free ? (ended ? "late" : "waiting") : moved && other ? "holder" : why}`);
    $("span", box).textContent = other ? now.holder.name : asking && $("textarea", asking).value ? say("js.note_stays") : "";
    $("[data-act=take]", box).hidden = !free;
    $(".conflict", place)?.remove();
    for (const act of $$(".acts-bar button", place)) act.disabled = true;
    item().dataset.steps = free ? "claim" : ""; // the keys ask this
    item().prepend(box);
    $(".conflict button", place).focus();
    if (free) await gone().catch(() => {});
  }

  // What ended with a lease is in hand no longer, and no conflict of its own.
  async function gone() {
    const { items, next } = await ask("GET", "/v1/reviews?state=held&holder=me&limit=100", undefined, 5);
    const held = new Set(items.map((one) => one.id));
    for (const id of next ? [] : hand) if (id !== here && !held.has(id)) drop(id);
    beads();
  }

  async function step(name, body, told) {
    if (!can(name)) return;
    const shown = item();
    const id = shown.dataset.id, sent = Date.now();
    try {
      await ask("POST", path(id, name), { ...(shown.dataset.token && { token: Number(shown.dataset.token) }), ...body });
    } catch (error) {
      if (error.status !== 0 || name !== "decision") throw error;
      const now = await ask("GET", path(id), undefined, 5).catch(() => { throw Object.assign(error, { message: say("js.unsure") }); });
      if (!mine(now)) throw error;
      await stood(now, sent);
      return;
    }
    await taken(name, shown.dataset, told, sent);
  }
  async function taken(name, { id, kind }, told, sent) {
    for (const dialog of [reasons, noting]) if (dialog.open) done($("form", dialog));
    if (!/^(release|skip)$/.test(name)) count(1);
    recount().catch(() => {});
    if (name !== "decision") toast(say(`js.${told}`));
    else if (kind !== "sample") offerUndo(id, told, sent + undoable);
    else { // whoever decided it may know the first verdict by now
      forget();
      toast(say("js.for_good", { x: say(`js.${told}`) }));
    }
    await advance(id);
  }

  // A decision stands where only its answer was lost, or where it was made in another window: it is told and can be undone.
  const mine = (now) => now?.state === "closed" && now.closed_by?.name === me;
  async function stood(now, sent) {
    const told = { upheld: "kept", overturned: "overturned" }[now.appeal?.outcome]
      ?? { pass: "passed", block: "blocked" }[now.outcome?.action] ?? "decided";
    toast(say("js.stood", { x: say(`js.${told}`) }));
    await taken("decision", now, told, sent);
  }

  // The service counts from when it decided, so this counts from when it was asked, by the clock: a laptop may have slept.
  // Who looks something up on another page, or reloads, still finds it.
  function offerUndo(id, told, until) {
    forget();
    last = { id, timer: setInterval(() => left(until), 250) };
    sessionStorage.setItem(DECIDED, JSON.stringify([id, told, until]));
    $("#undo-text").textContent = say(`js.${told}`);
    undoBar.hidden = false;
    left(until);
  }
  function left(until) {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    $("#undo-left").textContent = String(seconds);
    if (seconds <= 0) forget();
  }
  function forget() {
    clearInterval(last?.timer);
    last = null;
    sessionStorage.removeItem(DECIDED);
    undoBar.hidden = true;
  }

  async function undo(id = last?.id) {
    if (!id) return;
    try { leased(await ask("POST", path(id, "undo"), {})); } catch (error) {
      if (error.status !== 409) throw error; // it may not have arrived: there is time to ask again
      if (error.problem.item?.holder?.name !== me) {
        forget();
        toast(say("js.too_late"), { alert: true }); // the item that is shown is mostly another, and nothing is wrong with it
        return;
      }
      leased(await ask("GET", path(id))); // it had arrived
    }
    forget();
    count(-1);
    ready.delete(id);
    hand = [id, ...hand.filter((one) => one !== id)];
    await show(id);
    toast(say("js.undone"));
  }

  async function take() {
    const id = item().dataset.id;
    leased(await ask("POST", path(id, "claim"), {}));
    ready.delete(id);
    if (!hand.includes(id)) hand.unshift(id);
    await show(id);
  }

  const move = (by) => () => {
    if (busy || !hand.some((id) => id !== here)) return;
    once(() => show(hand[(hand.indexOf(here) + by + hand.length) % hand.length]));
  };

  async function suggest() {
    const box = $(".suggestion", place);
    if (!box) return;
    box.setAttribute("aria-busy", "true");
    try { box.replaceChildren(...await part(`/desk/${encodeURIComponent(here)}/suggestion`)); } finally { box.removeAttribute("aria-busy"); }
  }

  function view() {
    const reading = $(".reading", place);
    if (!reading) return;
    const both = reading.dataset.view !== "both";
    reading.dataset.view = both ? "both" : "eye";
    $("[data-act=view]", reading).setAttribute("aria-pressed", String(both));
  }

  const reasons = $("#reasons");
  // A dialog is about the item that it was opened over; none opens while an act is under way, which may bring another.
  let over = null;
  const another = (dialog) => {
    if (item()?.dataset.id === over) return false;
    dialog.close();
    toast(say("js.not_now"), { alert: true });
    return true;
  };
  function openReasons() {
    if (waits()) return;
    const shown = item();
    over = shown.dataset.id;
    const codes = (of) => shown.dataset[of].split(" ").filter(Boolean);
    lay(codes("decided"), [...codes("said"), ...codes("categories")]);
    draft($("form", reasons), `${here} block`);
    complain($("form", reasons), null);
    reasons.showModal();
    $("#choices").focus();
  }
  $("form", reasons).addEventListener("submit", (event) => { event.preventDefault(); decideBlock(); });
  function decideBlock() {
    if (another(reasons)) return;
    const found = picked();
    complain($("form", reasons), found.length ? null : { message: say("js.pick") });
    if (!found.length) return;
    const note = $("textarea", reasons).value.trim();
    once(() => step("decision", { action: "block", reasons: found, ...settled("upheld"), ...(note && { note }) }, "blocked"));
  }

  // A note with an act
  const noting = $("#noting");
  let noted = null;
  function withNote(name, act) {
    if (!item() || waits()) return;
    over = item().dataset.id;
    $("#noting-title").textContent = $("#noting-title").dataset[name];
    $("textarea", noting).value = "";
    draft($("form", noting), `${here} ${name}`);
    complain($("form", noting), null);
    noted = act;
    noting.showModal();
    $("textarea", noting).focus();
  }
  function goOn() {
    if (another(noting)) return;
    const note = $("textarea", noting).value.trim();
    once(() => noted(note ? { note } : {}));
  }
  $("form", noting).addEventListener("submit", (event) => { event.preventDefault(); goOn(); });
  noting.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) { event.preventDefault(); goOn(); }
  });

  // What becomes of a complaint follows from what becomes of the content, unless only the complaint is upheld.
  const settled = (outcome) => (item()?.dataset.kind === "complaint" ? { outcome } : {});
  const appealed = () => item()?.dataset.kind === "appeal";
  // Why nothing happens is said, too.
  const may = (name) => item()?.dataset.steps.split(" ").includes(name);
  function barrier(name, appeal) {
    if (may("claim") && name !== "claim" && name !== "undo") return "take_first";
    if (!may(name)) return "not_now";
    if (appeal === appealed()) return "";
    return appealed() ? "an_appeal" : "no_appeal";
  }
  function can(name, { appeal = appealed() } = {}) {
    if (!item()) return false;
    const why = barrier(name, appeal);
    if (why) toast(say(`js.${why}`));
    return !why;
  }
  const ruled = (outcome, told) => can("decision", { appeal: true }) && withNote(told, (more) => step("decision", { outcome, ...more }, told));
  const pass = (more) => step("decision", { action: "pass", ...settled("rejected"), ...more }, "passed");

  // Severe text is folded away until somebody wants to see it; nobody decides what they have not seen.
  function unfold() {
    const shown = item();
    if (!shown || !("shut" in shown.dataset)) return false;
    delete shown.dataset.shut;
    shown.focus({ preventScroll: true });
    return true;
  }
  const seen = (act) => (...more) => { if (unfold()) toast(say("js.open_first")); else act(...more); };
  const acts = {
    refill: () => refilling(refill.getAttribute("aria-pressed") !== "true"),
    claim: () => once(async () => {
      if (hand.length >= 3 * batch) { toast(say("js.enough", { n: hand.length })); return; }
      asked = "";
      const got = await claim();
      toast(got ? say("js.claimed", { n: got }) : say("js.nothing"));
      if (hand.length && !hand.includes(here)) await show(hand[0]);
    }),
    show: unfold,
    pass: seen(() => can("decision", { appeal: false }) && once(() => pass({}))),
    block: seen(() => can("decision", { appeal: false }) && openReasons()),
    keep: seen(() => ruled("upheld", "kept")),
    overturn: seen(() => ruled("overturned", "overturned")),
    uphold: seen(() => {
      if (item()?.dataset.kind !== "complaint") acts.keep();
      else if (can("decision")) once(() => step("decision", { outcome: "upheld" }, "upheld"));
    }),
    escalate: () => can("escalate") && withNote("escalate", (more) => step("escalate", more, "escalated")),
    skip: () => once(() => step("skip", {}, "skipped")),
    release: () => once(() => step("release", {}, "released")),
    take: () => can("claim") && once(take),
    undo: () => once(() => undo()),
    "undo-this": () => once(() => undo(item().dataset.id)),
    view,
    suggest: () => once(suggest),
    history: () => $("a[data-act=history]", place)?.click(),
    next: () => once(() => advance(here)),
    "go-on": move(1),
  };
  desk.addEventListener("click", (event) => {
    const bead = event.target.closest("[data-bead]");
    if (bead) { once(() => show(bead.dataset.bead)); return; }
    const button = event.target.closest("button[data-act]");
    if (button && !button.disabled) acts[button.dataset.act]();
  });
  keys({
    p: acts.pass, b: acts.block, a: acts.uphold, o: acts.overturn, e: acts.escalate, s: acts.skip, r: acts.release, u: () => (last ? acts.undo() : can("undo") && acts["undo-this"]()),
    c: acts.claim, "shift+c": acts.refill, t: acts.take, v: acts.view, w: acts.suggest, h: acts.history, j: move(1), k: move(-1),
    x: acts.show, "shift+p": seen(() => can("decision", { appeal: false }) && withNote("pass", pass)),
    Enter: () => { if ($(".conflict", place)) acts.next(); },
  });

  // How much there is to do, as others see it too
  async function recount() {
    const { counts } = await ask("GET", "/v1/reviews?limit=1");
    for (const shown of $$("[data-count]")) {
      const { n, more } = counts[shown.dataset.count];
      shown.textContent = `${n}${more ? "+" : ""}`;
      shown.closest("a").classList.toggle("late", shown.dataset.count === "overdue" && n > 0);
    }
  }
  reading(() => recount().catch((error) => { if (!error.status) throw error; }), 20000, "js.away");

  // While the page is open what is in hand stays in hand.
  async function lease(id) { // of what was in hand when the page came
    const article = (await fetched(id).catch(() => [])).find((node) => node.classList?.contains("item"));
    return { token: Number(article?.dataset.token), until: Date.parse(article?.dataset.until) };
  }
  async function heartbeat() {
    for (const id of [...hand]) {
      const { token, until } = leases.get(id) ?? await lease(id);
      if (!token || until - Date.now() > 5 * 60000) continue;
      try { leased(await ask("POST", path(id, "heartbeat"), { token })); } catch (error) {
        if (!error.status) return;
        if (error.status === 409 && id === here && !busy) once(() => Promise.reject(error));
        else if (error.status === 409) { drop(id); beads(); }
      }
    }
  }
  setInterval(heartbeat, 30000);

  // Who comes back, or signs in anew, goes on where they were.
  const decided = JSON.parse(sessionStorage.getItem(DECIDED));
  if (decided) offerUndo(...decided);
  const was = history.state?.here ?? (asked ? "" : sessionStorage.getItem("here"));
  const first = hand.includes(was) ? was : asked || hand[0];
  if (first) once(() => show(first)); else { beads(); $("#start button")?.focus(); }
  for (const id of hand) fetched(id).catch(() => {});
}
