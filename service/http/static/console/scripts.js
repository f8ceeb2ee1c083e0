// Scripts: file a version, accept rewrites into the text, save, approve. The service judges; nothing is decided here.
"use strict";

{
  const { $, $$, ask, say, toast, sending, anew, gone, keys } = window.ql;
  const chosen = (form, name) => $$(`[name=${name}]:checked`, form).map((box) => box.value);

  async function file(form) {
    const sent = { title: form.elements.title.value, text: form.elements.text.value, products: chosen(form, "products"), proofs: chosen(form, "proofs") };
    if (form.elements.script_id) sent.script_id = form.elements.script_id.value;
    const told = await ask("POST", "/v1/scripts", sent);
    location.assign(`/scripts/${encodeURIComponent(told.script_id)}`);
    await gone;
  }
  for (const form of $$("#script-form, #edit-form")) form.addEventListener("submit", (event) => { event.preventDefault(); sending(form, () => file(form)); });

  // An accepted rewrite takes the place of its sentence in the text that will be saved; offsets count code points.
  // Once somebody has typed there they count no more: then it takes the place of the same words, where they stand once.
  const edited = $("#edited");
  const pieces = edited ? [...edited.defaultValue] : [];
  const accepted = new Map();
  let written = edited?.defaultValue;
  function rebuilt(start, end, words) {
    accepted.set(start, [end, words]);
    let text = "", at = 0;
    for (const [from, [to, said]] of [...accepted].sort(([a], [b]) => a - b)) {
      text += pieces.slice(at, from).join("") + said;
      at = to;
    }
    edited.value = text + pieces.slice(at).join("");
    written = edited.value;
    return true;
  }
  function replaced(start, end, words) {
    const around = edited.value.split(pieces.slice(start, end).join(""));
    if (around.length === 2) edited.value = around.join(words);
    return around.length === 2;
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-accept]");
    if (!button || !edited) return;
    const line = button.closest(".sentence");
    const put = edited.value === written ? rebuilt : replaced;
    if (!put(Number(line.dataset.start), Number(line.dataset.end), button.dataset.accept)) {
      toast(say("js.not_there"), { alert: true });
      return;
    }
    line.classList.add("accepted");
    button.disabled = true;
    $("#accepted").textContent = say("js.accepted", { n: $$(".sentence.accepted").length });
  });

  const page = $("#script");
  $("#approve-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target, sent = { digest: page.dataset.digest, note: form.elements.note.value };
    sending(form, () => ask("POST", `/v1/scripts/${encodeURIComponent(page.dataset.id)}/approval`, sent).then(anew));
  });
  keys({
    n: () => $("#new-script")?.showModal(),
    s: () => $("#edit-form")?.requestSubmit(),
    a: () => $("[data-open=approve]")?.click(),
  });
}
