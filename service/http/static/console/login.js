// Signs in and goes on to where the person wanted to be, within this service only.
"use strict";

{
  const { $, ask, complain } = window.ql;
  const form = $("form.login");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = $("button[type=submit]", form);
    complain(form, null);
    button.disabled = true;
    try {
      await ask("POST", "/v1/sessions", Object.fromEntries(new FormData(form)));
      location.assign(new URL(form.dataset.next, location.origin).href);
    } catch (error) {
      complain(form, error);
      button.disabled = false;
      form.elements.password.select();
    }
  });
}
