// The API documentation: Swagger UI over the document of this very server, wherever it is reached.
// `validatorUrl: null`: Swagger UI would else ask a server of its makers what it thinks of the document.
const told = await (await fetch("/openapi.json")).json();
SwaggerUIBundle({
  spec: { ...told, servers: [{ url: location.origin, description: "This registry" }] },
  dom_id: "#api",
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
