// Proofs and products: forms with lists in them. A file's digest is worked out here; the file itself goes nowhere.
"use strict";

{
  const { $, $$, ask, say, complain, sending, anew, keys } = window.ql;
  const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);
  let digest = "";

  const send = (form, path, sent) => sending(form, () => ask("POST", path, sent).then(anew));

  // A large file takes a while: a digest is that of the file that is chosen then, or none.
  const stays = $("#digest")?.textContent;
  $("#proof-form [name=file]")?.addEventListener("change", async ({ target: { form, files } }) => {
    const [file] = files;
    const still = () => form.elements.file.files[0] === file;
    digest = "";
    $("#digest").textContent = stays;
    complain(form, null);
    if (!file) return;
    try {
      const sum = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
      if (!still()) return;
      digest = [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      $("#digest").textContent = `SHA-256 ${digest}`;
    } catch { if (still()) complain(form, { message: say("js.unread") }); }
  });
  $("#proof-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!digest) { complain(event.target, { message: say("js.no_digest") }); return; }
    const form = event.target, { claims, source, period, scope, valid_from: from, valid_to: to } = form.elements;
    const sent = { claims: lines(claims.value), file_sha256: digest, source: source.value, period: period.value, scope: scope.value };
    if (from.value) sent.valid_from = from.value;
    if (to.value) sent.valid_to = to.value;
    send(form, "/v1/proofs", sent);
  });
  // Certificates: a row each; one of which nothing was said is none.
  function certificates() {
    const rows = $$("#papers .paper-of").map((row) => Object.fromEntries([...row.children].map((field) => [field.name, field.value.trim()])));
    return rows.filter((one) => one.kind || one.number).map(({ valid_to: last, ...one }) => (last ? { ...one, valid_to: last } : one));
  }
  $("#more-papers")?.addEventListener("click", () => {
    const row = $("#papers .paper-of").cloneNode(true);
    for (const field of row.children) field.value = "";
    $("#more-papers").before(row);
    row.firstElementChild.focus();
  });
  $("#product-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target, { product_id: id, name, industry } = form.elements;
    const sent = { product_id: id.value, name: name.value, certificates: certificates() };
    if (industry.value) sent.industry = industry.value;
    send(form, "/v1/products", sent);
  });
  keys({ n: () => $("#new-proof")?.showModal(), "shift+n": () => $("#new-product")?.showModal() });
}
