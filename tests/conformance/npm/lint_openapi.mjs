// What an outside linter finds in an OpenAPI document: one line a finding. Usage: node lint_openapi.mjs openapi.json
import { createConfig, lint } from "@redocly/openapi-core";

const rules = Object.fromEntries(
  [
    "no-invalid-media-type-examples",
    "no-invalid-parameter-examples",
    "no-invalid-schema-examples",
    "operation-operationId-unique",
    "operation-tag-defined",
    "operation-description",
    "operation-summary",
    "tag-description",
    "no-unused-components",
  ].map((rule) => [rule, "error"]),
);
// an address is the operator's; the paths of links and tiles are those of GS1 and C2SP
const config = await createConfig({ extends: ["recommended-strict"], rules: { ...rules, "no-server-example.com": "off", "no-ambiguous-paths": "off" } });
for (const found of await lint({ ref: process.argv[2], config })) {
  console.log(`${found.ruleId} ${found.location[0]?.pointer}: ${found.message.split("\n")[0]}`);
}
