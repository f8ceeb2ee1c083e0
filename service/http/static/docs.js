// Starts the API page from this service alone: no outside validator, no outside document.
window.addEventListener("load", () => {
  window.SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    validatorUrl: null,
    queryConfigEnabled: false,
    deepLinking: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    syntaxHighlight: { activated: true },
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
});
