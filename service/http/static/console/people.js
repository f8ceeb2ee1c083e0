// People, keys and receivers: small changes at once, dangerous ones after a question.
"use strict";

{
  const { $, $$, ask, chosen, part, say, tick, toast, tell, keys, reveal, randomPassword } = window.ql;

  // A long list goes on below what is there; the first new row gets the focus.
  async function more(link) {
    const { more: table } = link.dataset;
    const page = document.createElement("div");
    try { page.append(...await part(link.getAttribute("href"))); } catch (error) { tell(error); return; }
    const rows = $$(`#${table} tbody tr`, page);
    $(`#${table} tbody`).append(...rows);
    const next = $(`[data-more="${table}"]`, page);
    if (next) link.replaceWith(next); else link.parentElement.remove();
    const first = rows[0]?.querySelector("button") ?? next;
    first?.focus();
    tick();
  }
  const going = (table) => { const link = $(`[data-more="${table}"]`); if (link) more(link); };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-more]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    more(link);
  });
  chosen($("#main"), async (field, was) => {
    if (!field.dataset.patch) return;
    const called = (value) => $$("option", field).find((one) => one.value === value).textContent;
    if (!confirm(say("js.role_ask", { name: field.dataset.person, was: called(was), role: called(field.value) }))) { field.value = was; return; }
    try { await ask("PATCH", field.dataset.patch, { [field.name]: field.value }); toast(say("js.saved")); } catch (error) { tell(error); setTimeout(() => location.reload(), 1500); }
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button");
    const to = button?.dataset ?? {};
    try {
      if (to.disable && (!to.ask || confirm(to.ask))) { await ask("PATCH", to.disable, { disabled: to.to === "true" }); location.reload(); }
      if (to.newPassword && confirm(say("js.sure"))) {
        const password = randomPassword();
        const told = await ask("PATCH", to.newPassword, { password });
        await reveal(`${told.name}\n${password}`);
      }
      if (to.secret && confirm(say("js.sure"))) await reveal((await ask("POST", to.secret, {})).secret);
      if (to.replay) { await ask("POST", to.replay, {}); toast(say("js.replayed")); button.closest("tr").remove(); }
    } catch (error) { tell(error); }
  });
  keys({ n: () => $("#new-user, #new-webhook")?.showModal(), "shift+n": () => $("#new-key")?.showModal(), m: () => going("rows"), "shift+m": () => going("api-keys") });
}
