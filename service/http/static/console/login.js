// Signs in and goes on to where the person wanted to be, within this service only.
"use strict";

{
  const { $, ask, sending, gone } = window.ql;
  const form = $("form.login");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await sending(form, async () => {
      await ask("POST", "/v1/sessions", Object.fromEntries(new FormData(form)));
      location.assign(new URL(form.dataset.next, location.origin).href);
      await gone;
    });
    form.elements.password.select();
  });
}
