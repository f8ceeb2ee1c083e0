// People, keys and receivers: small changes at once, dangerous ones after a question.
"use strict";

{
  const { $, ask, say, toast, keys, reveal, randomPassword } = window.ql;
  const tell = (error) => toast(error.message, { alert: true });
  document.addEventListener("change", async (event) => {
    const field = event.target;
    if (!field.dataset.patch) return;
    try { await ask("PATCH", field.dataset.patch, { [field.name]: field.value }); toast(say("js.saved")); } catch (error) { tell(error); setTimeout(() => location.reload(), 1500); }
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button");
    const to = button?.dataset ?? {};
    try {
      if (to.disable) { await ask("PATCH", to.disable, { disabled: to.to === "true" }); location.reload(); }
      if (to.newPassword && confirm(say("js.sure"))) {
        const password = randomPassword();
        const told = await ask("PATCH", to.newPassword, { password });
        await reveal(`${told.name}\n${password}`);
      }
      if (to.delete && confirm(to.ask)) { await ask("DELETE", to.delete); location.reload(); }
      if (to.secret && confirm(say("js.sure"))) await reveal((await ask("POST", to.secret, {})).secret);
      if (to.replay) { await ask("POST", to.replay, {}); toast(say("js.replayed")); button.closest("tr").remove(); }
    } catch (error) { tell(error); }
  });
  keys({ n: () => $("#new-user, #new-webhook")?.showModal(), k: () => $("#new-key")?.showModal() });
}
