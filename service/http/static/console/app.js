// What every page shares: asking the service, keys, times, dialogs. No text from the service becomes markup here.
"use strict";

window.ql = (() => {
  const words = JSON.parse(document.body.dataset.words);
  const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  const csrf = document.querySelector("meta[name=csrf]")?.content;
  const $ = (selector, of = document) => of.querySelector(selector);
  const $$ = (selector, of = document) => [...of.querySelectorAll(selector)];
  const say = (name, gaps = {}) => (words[name] ?? name).replace(/\{(\w+)\}/g, (_, gap) => gaps[gap]);

  async function send(method, path, body, more = {}) {
    const headers = { "Accept-Language": lang };
    if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), ...more });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw Object.assign(new Error(say("js.offline")), { status: 0, problem: {} });
    }
    if (document.body.dataset.page !== "login" && await over(answer)) {
      signedOut();
      throw Object.assign(new Error(say("js.signed_out")), { status: answer.status, problem: {} });
    }
    return answer;
  }
  // Whether the session that this page was made for is over; another tab may have begun another.
  async function over(answer) {
    return answer.status === 401 || (answer.status === 403 && /:csrf$/.test((await answer.clone().json().catch(() => ({}))).type));
  }

  // Nobody is led away from what they are typing: a line says what happened, in the dialog where one is open.
  function signedOut() {
    const line = $("#signed-out"), place = $("dialog[open] form") ?? $(".bar");
    const to = new URL($("a", line).href);
    to.searchParams.set("next", location.pathname + location.search);
    $("a", line).href = to.href;
    $("a", line).onclick = keep;
    line.hidden = false;
    if (line.parentNode !== place) place.append(line);
  }
  document.addEventListener("close", () => { if ($("#signed-out")?.hidden === false) signedOut(); }, true);

  // The answer as JSON. What goes wrong is thrown with the problem's own words.
  async function ask(method, path, body, more) {
    const answer = await send(method, path, body, more);
    if (answer.ok) return answer.json().catch(() => ({}));
    throw await refused(answer);
  }

  // A problem in its own words
  async function refused(answer) {
    const told = await answer.json().catch(() => ({}));
    const faults = (told.errors ?? []).map((fault) => `${fault.loc.join(".")}: ${fault.msg}`);
    const said = faults.length ? faults.join(" ") : told.detail ?? say("js.failed");
    return Object.assign(new Error(said), { status: answer.status, problem: told });
  }

  // A part of a page, which the service escaped. A document that was parsed runs no scripts, and the policy forbids them.
  async function part(path, body, more) {
    const answer = await send(body === undefined ? "GET" : "POST", path, body, more);
    if (!answer.ok) throw await refused(answer);
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    return [...parsed.body.childNodes].map((node) => document.importNode(node, true));
  }

  // The main part of a page as it is now
  const main = async (path) => (await part(path)).find((node) => node.id === "main");

  function toast(text, { alert = false } = {}) {
    const note = document.createElement("p");
    note.textContent = text;
    $("#toasts").append(note);
    while ($("#toasts").children.length > 3) $("#toasts").firstChild.remove();
    setTimeout(() => note.remove(), 4000);
    if (alert) $("#alerts").textContent = text;
  }

  // Keys: letters work with a Chinese input method on, by the place of the key.
  const bound = new Map();
  const keys = (map) => Object.entries(map).forEach(([key, act]) => bound.set(key, act));
  function named(event) {
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
    const stop = event.shiftKey ? undefined : { Period: ".", Comma: ",", Slash: "/" }[event.code];
    const key = letter ? letter.toLowerCase() : stop ?? event.key;
    return (event.shiftKey && letter ? "shift+" : "") + key;
  }
  const typing = (target) => !target.closest?.("dialog:not([open])") // until the next frame a closed one keeps the focus
    && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)
      || (target.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(target.type)));
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing(event.target)) {
      if (event.key === "Escape" && !event.target.closest("dialog")) { // the browser would empty a search
        event.preventDefault();
        event.target.blur();
      }
      return;
    }
    if ($("dialog[open]")) return;
    const key = named(event);
    if (event.repeat && !/^(j|k|[.,]|Arrow\w+)$/.test(key)) return; // one press is one act; only walking goes on
    if (going && Date.now() - going < 1500) {
      going = 0;
      const place = $(`[data-go="${CSS.escape(key)}"]`);
      if (place) { event.preventDefault(); place.click(); }
      return;
    }
    if (key === "g") { going = Date.now(); return; }
    if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) { event.preventDefault(); $("#keys").showModal(); return; }
    if (event.key === "Enter" && event.target.closest("a,button,summary") && !event.target.closest("#rows")) return;
    const act = bound.get(key);
    if (act) { event.preventDefault(); act(event); }
  });

  // Times
  const units = [["d", 172800, 86400], ["h", 3600, 3600], ["m", 60, 60], ["s", 0, 1]];
  function long(seconds) {
    const [unit, , size] = units.find(([, from]) => seconds >= from);
    return `${Math.floor(seconds / size)}${say(`time.${unit}`)}`;
  }
  const clock = (at) => say("time.shanghai", { at: new Date(at).toLocaleString(lang === "zh" ? "zh-CN" : "en", { timeZone: "Asia/Shanghai" }) });
  function tick(of = document) {
    const now = Date.now();
    for (const time of $$("time[data-as]", of)) {
      const seconds = (Date.parse(time.dateTime) - now) / 1000;
      const due = time.dataset.as === "due";
      if (!time.title) time.title = clock(time.dateTime);
      const text = due ? say(seconds > 0 ? "time.left" : "time.over", { x: long(Math.abs(seconds)) })
        : -seconds < 5 ? say("time.now") : say("time.ago", { x: long(Math.max(0, -seconds)) });
      if (time.textContent !== text) time.textContent = text;
      if (due) time.classList.toggle("late", seconds <= 0);
    }
  }
  tick();
  setInterval(tick, 1000);

  // What reads itself anew does so once at a time, and less often while it fails. From the second failure on a line says how
  // old is what stands there. Work that is left out gives false.
  function reading(work, every, told = "js.stale") {
    const line = $("#stale");
    let failed = 0, good = Date.now();
    async function next() {
      try {
        if (!document.hidden && (await work()) !== false) [failed, good] = [0, Date.now()];
      } catch { failed += 1; }
      if (failed > 1) line.textContent = say(told, { at: clock(good) });
      line.hidden = failed < 2;
      setTimeout(next, Math.min(every * 2 ** failed, 30_000));
    }
    setTimeout(next, every);
  }

  // How many alerts nobody knows of yet: pages stay open all day.
  async function alerted() {
    const badges = $$("[data-alerts]");
    if (!badges.length || document.hidden) return;
    const { open } = await ask("GET", "/v1/alerts?limit=1");
    for (const badge of badges) {
      badge.firstChild.textContent = open;
      badge.className = open ? "badge" : "";
      badge.hidden = !open;
    }
  }
  const soon = () => { alerted().catch(() => {}); };
  setInterval(soon, 20000);
  document.addEventListener("visibilitychange", soon);

  // Marks and what is said of them light up together.
  document.addEventListener("pointerover", (event) => {
    const of = event.target.closest?.("[data-finding]");
    const places = of ? of.dataset.finding.split(" ") : [];
    const within = of?.closest(".item, .version, .verdict");
    for (const one of $$(".lit")) one.classList.remove("lit");
    if (within) for (const one of $$("[data-finding]", within)) {
      one.classList.toggle("lit", one.dataset.finding.split(" ").some((place) => places.includes(place)));
    }
  });

  // The places of a text that are marked, one after another; a chip of the legend leads to the first of its colour.
  function find(mark) {
    if (!mark) return;
    for (const one of $$("mark.at")) one.classList.remove("at");
    mark.classList.add("at");
    mark.scrollIntoView({ block: "center" });
  }
  const marked = (of = document) => $$(".text mark", of).filter((one) => one.checkVisibility());
  const places = (by) => () => {
    const all = marked();
    const at = all.findIndex((one) => one.classList.contains("at"));
    find(all[at < 0 && by < 0 ? all.length - 1 : (at + by + all.length) % all.length]);
  };
  document.addEventListener("click", (event) => {
    const tint = event.target.closest?.("[data-tint]");
    if (tint) find(marked(tint.closest(".item, .version, .verdict, .matter") ?? document).find((one) => one.classList.contains(tint.dataset.tint)));
  });
  keys({ ".": places(1), ",": places(-1) });

  // What was typed into some forms is there again in the other language, and after signing in anew.
  const KEPT = "form[data-kept]", typed = "input, select, textarea";
  function keep() {
    const forms = $$(KEPT).map((form) => $$(typed, form).map((field) => [field.value, field.checked]));
    if (forms.length) sessionStorage.setItem("kept", JSON.stringify([location.pathname, forms]));
  }
  const [page, kept] = JSON.parse(sessionStorage.getItem("kept")) ?? [];
  if (document.body.dataset.page !== "login") sessionStorage.removeItem("kept");
  if (page === location.pathname) $$(KEPT).forEach((form, place) => $$(typed, form).forEach((field, at) => {
    [field.value, field.checked] = kept[place]?.[at] ?? [field.value, field.checked];
  }));

  // What is being typed into a form stays with this tab and this person until it was sent, by the name of what it is about.
  const drafts = new WeakMap();
  function draft(form, name) {
    const key = `draft ${document.body.dataset.me} ${name}`;
    drafts.set(form, key);
    const left = sessionStorage.getItem(key);
    for (const field of left ? $$(typed, form).filter((one) => one.name) : []) {
      const said = JSON.parse(left).filter(([of]) => of === field.name).map(([, value]) => value);
      if (field.type === "checkbox") field.checked = said.includes(field.value); else field.value = said[0] ?? "";
    }
  }
  document.addEventListener("input", ({ target: { form } }) => {
    if (drafts.has(form)) sessionStorage.setItem(drafts.get(form), JSON.stringify([...new FormData(form)]));
  });
  function done(form) {
    sessionStorage.removeItem(drafts.get(form));
    form.closest("dialog").close();
    form.reset();
  }

  // Buttons that every page has
  // Reading makes the browser finish writing, so that the page that comes next has it.
  const cookie = (name, value) => {
    document.cookie = `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Strict`;
    return document.cookie;
  };
  const doing = {
    keys: () => $("#keys").showModal(),
    theme: () => {
      const root = document.documentElement;
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      cookie("theme", root.dataset.theme);
    },
    lang: () => { keep(); cookie("lang", lang === "zh" ? "en" : "zh"); location.reload(); },
    password: () => $("#password").showModal(),
    close: (button) => button.closest("dialog").close(),
    leave: async () => {
      try { await ask("DELETE", "/v1/sessions/current"); } catch (error) { if (error.status !== 401) { tell(error); return; } }
      location.assign("/login");
    },
    copy: async (button) => {
      const secret = $("output", button.closest("dialog"));
      try { await navigator.clipboard.writeText(secret.textContent); toast(say("js.copied")); } catch { getSelection().selectAllChildren(secret); }
    },
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-do], [data-open]");
    if (!button) return;
    if (button.dataset.open) document.getElementById(button.dataset.open).showModal();
    else doing[button.dataset.do](button);
  });
  document.addEventListener("click", async (event) => {
    const to = event.target.closest?.("button")?.dataset ?? {};
    if (!to.delete || !confirm(to.ask)) return;
    try { await ask("DELETE", to.delete); location.reload(); } catch (error) { tell(error); }
  });
  document.addEventListener("click", (event) => {
    for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // A choice made with the mouse counts at once; one that keys walk to on Enter, or when its field is left. Esc takes it back.
  function chosen(of, act) {
    let pending = null, was = "", keyed = false;
    function settle() {
      const field = pending;
      pending = null;
      if (!field || field.value === was) return;
      act(field, was);
      was = field.value;
    }
    of.addEventListener("focusin", (event) => { was = event.target.value; });
    of.addEventListener("pointerdown", () => { keyed = false; });
    of.addEventListener("keydown", (event) => {
      keyed = true;
      if (event.target !== pending) return;
      if (event.key === "Enter") { event.preventDefault(); settle(); }
      if (event.key === "Escape") { pending.value = was; pending = null; }
    });
    of.addEventListener("change", (event) => {
      if (event.target.type === "checkbox") { act(event.target); return; }
      if (event.target.tagName !== "SELECT") return; // what is typed is for the form that it is typed in
      pending = event.target;
      if (!keyed) settle();
    });
    of.addEventListener("focusout", settle);
  }

  // A secret is shown once; whatever happens next comes after it was kept.
  function reveal(secret) {
    const dialog = $("#secret");
    $("output", dialog).textContent = secret;
    dialog.showModal();
    $("output", dialog).focus();
    return new Promise((kept) => dialog.addEventListener("close", kept, { once: true }));
  }
  function randomPassword() {
    const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    const random = crypto.getRandomValues(new Uint32Array(20));
    return [...random].map((number) => letters[number % letters.length]).join("");
  }

  // Forms that ask the interface, and say what is wrong where they have a place for it
  const tell = (error) => toast(error.message, { alert: true });
  function complain(form, error) {
    const wrong = $(".error", form);
    if (!wrong) return;
    if (error) wrong.textContent = error.problem?.errors?.map((fault) => about(form, fault)).join(" ") || error.message;
    wrong.hidden = !error;
  }
  // What is wrong with a field, which is called as the form calls it; what is wrong in a file says by itself where.
  function about(form, { loc, msg }) {
    if (loc[0] === "files") return msg;
    const label = form.elements?.[loc.at(-1)]?.labels?.[0]?.firstChild.textContent.trim();
    return `${label || loc.join(".")}${lang === "zh" ? "：" : ": "}${msg}`;
  }
  // A form is sent once: while its answer is awaited, and while the page goes, it takes nothing.
  async function sending(form, work) {
    if (form.ariaBusy === "true") return;
    complain(form, null);
    form.ariaBusy = "true";
    try { await work(); } catch (error) { complain(form, error); }
    form.ariaBusy = "false";
  }
  const gone = new Promise(() => {});
  const anew = () => { location.reload(); return gone; };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.post) return;
    event.preventDefault();
    sending(form, async () => {
      const sent = Object.fromEntries(new FormData(form));
      if ("password" in form.dataset) sent.password = randomPassword();
      for (const name of form.dataset.numbers?.split(" ") ?? []) { // numbers go as numbers; one that is left empty is left out
        if (sent[name] === "") delete sent[name]; else sent[name] = Number(sent[name]);
      }
      const told = await ask("POST", form.dataset.post, sent);
      done(form);
      if (form.dataset.then === "secret") await reveal(told.secret ?? `${told.name ?? sent.name}\n${sent.password}`);
      if (form.dataset.then !== "close" || told.csrf) await anew();
      toast(say("js.saved"));
    });
  });

  return { $, $$, alerted, ask, part, main, reading, say, toast, tell, complain, sending, anew, gone, draft, done, keys, named, tick, chosen, reveal, randomPassword, lang };
})();
