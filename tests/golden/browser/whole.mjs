// Judge bundles with all that the browser has: of each, the verdicts of both modules, the codes that failed, and what is left to the server.

import { readFileSync } from "node:fs";
import { derived } from "../../../api/web/static/derived.js";
import { verify } from "../../../api/web/static/verify.js";
import { verifyWhole } from "../../../api/web/static/whole.js";

const failed = (steps) => steps.filter(({ result }) => result === "failed").flatMap(({ codes }) => codes);
const found = [];
for (const { bundle, trust, now } of JSON.parse(readFileSync(0, "utf8")).cases) {
  const own = await verify({ bundle, trust, now });
  const rest = own.seen && (await verifyWhole(own.seen));
  found.push({
    own: own.verdict,
    whole: rest?.verdict ?? null,
    steps: [...own.steps, ...(rest?.steps ?? [])].map(({ result }) => result),
    failed: [...failed(own.steps), ...(rest ? [...failed(rest.record), ...failed(rest.steps)] : [])],
    left: rest?.left ?? [],
    claims: rest?.claims ?? null,
    derived: own.record && Object.fromEntries(derived(own.record)),
  });
}
console.log(JSON.stringify(found));
