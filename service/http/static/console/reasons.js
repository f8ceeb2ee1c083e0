// The reasons to block, in a dialog: those that the engine decided on are ticked and come first, then what people said of
// the item, and what else was seen. Each has a number, and is found by typing. The desk sends what was picked.
"use strict";

{
  const { $, $$, say, complain, named } = window.ql;
  const reasons = $("#reasons"), form = $("form", reasons), choices = $("#choices"), find = $("#find-reason");
  const all = $$(".choice", choices), visible = () => $$(".choice", choices).filter((one) => !one.hidden);

  function number() {
    all.forEach((one) => { $(".slot", one).textContent = ""; });
    visible().slice(0, 9).forEach((one, index) => { $(".slot", one).textContent = String(index + 1); });
  }

  // As they stand for an item that nobody has worked on
  function lay(decided, others) {
    const known = new Map(all.map((one) => [one.dataset.code, one]));
    choices.replaceChildren(...new Set([...[...decided, ...others].map((code) => known.get(code)).filter(Boolean), ...all]));
    for (const one of all) {
      one.hidden = false;
      $("input", one).checked = decided.includes(one.dataset.code);
      const article = $("select", one);
      if (article) article.value = "";
    }
    find.value = "";
    $("textarea", reasons).value = "";
    number();
    choices.scrollTop = 0;
  }

  function picked() {
    return all.filter((one) => $("input", one).checked).map((one) => {
      const article = $("select", one)?.value;
      return article ? { category: one.dataset.code, article } : { category: one.dataset.code };
    });
  }

  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase().replaceAll("'", ""); // as an input method parts syllables
    for (const one of all) one.hidden = Boolean(wanted) && !one.dataset.find.includes(wanted);
    number();
    complain(form, visible().length ? null : { message: say("js.no_reason") });
  });
  reasons.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const field = event.target, key = /^(TEXTAREA|SELECT)$/.test(field.tagName) || field === find ? "" : named(event);
    if (event.key === "Enter" && field.tagName !== "TEXTAREA" && field.tagName !== "BUTTON" && field.tagName !== "SELECT") {
      event.preventDefault();
      if (field === find && find.value) {
        const [first] = visible();
        if (!first) return; // what was typed stays, and is said to find nothing
        if (!$("input", first).checked) $("input", first).click();
        find.value = "";
        find.dispatchEvent(new Event("input"));
        choices.focus();
      } else form.requestSubmit();
    } else if (event.key === "Enter" && field.tagName === "TEXTAREA" && event.ctrlKey) { event.preventDefault(); form.requestSubmit(); }
    else if (/^[1-9]$/.test(key)) {
      const box = visible()[Number(key) - 1]?.querySelector("input");
      if (box) { event.preventDefault(); box.click(); }
    } else if (key === "/") { event.preventDefault(); find.focus(); }
    else if (key === "n" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); $("textarea", reasons).focus(); }
  });

  Object.assign(window.ql, { lay, picked });
}
