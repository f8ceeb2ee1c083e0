// The verdict while one types: one question on its way at a time, an older one is given up.
"use strict";

{
  const { $, $$, part, keys } = window.ql;
  const form = $("#try"), verdict = $("#verdict"), text = form.elements.text;
  const nothing = [...verdict.childNodes].map((node) => node.cloneNode(true));
  let asking = null, timer = 0;
  function sent() {
    const { text: _, ...given } = Object.fromEntries(new FormData(form));
    const more = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
    if (more.commercial) more.commercial = more.commercial === "true";
    more.has_cart_link = form.elements.has_cart_link.checked;
    if (more.day) more.published_at = `${more.day}T12:00:00+08:00`;
    delete more.day;
    return { text: text.value, ...more };
  }
  async function judge() {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    if (!text.value.trim()) {
      verdict.replaceChildren(...nothing.map((node) => node.cloneNode(true)));
      verdict.setAttribute("aria-busy", "false");
      return;
    }
    verdict.setAttribute("aria-busy", "true");
    let place = verdict; // a rewrite that fails leaves the verdict
    try {
      const body = sent();
      verdict.replaceChildren(...await part("/try/verdict", body, { signal }));
      verdict.setAttribute("aria-busy", "false");
      const box = $("#rewrite");
      place = box ?? verdict;
      if (box) box.replaceChildren(...await part("/try/rewrite", body, { signal }));
    } catch (error) {
      if (error.name !== "AbortError") {
        const wrong = document.createElement("p");
        wrong.className = "error";
        wrong.textContent = error.message;
        place.replaceChildren(wrong);
      }
    } finally {
      if (!signal.aborted) verdict.setAttribute("aria-busy", "false");
    }
  }
  const soon = () => { clearTimeout(timer); timer = setTimeout(judge, 120); };
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const example of $$("[data-text]", form)) {
    example.addEventListener("click", () => {
      text.value = example.dataset.text;
      form.elements.scene.value = example.dataset.scene;
      judge();
    });
  }
  if (text.value) judge(); // what was kept
  keys({ "/": () => text.focus() });
}
