// Judge every vector with the page's own verifier, or with its fallback for Ed25519 (`node check.mjs vendored`); print what differs, one line each, and how many cases there were.

import { readFileSync } from "node:fs";
import { use } from "../../../api/web/static/ed25519.js";
import { verify } from "../../../api/web/static/verify.js";

const { pool, cases } = JSON.parse(readFileSync(new URL("vectors.json", import.meta.url), "utf8"));
if (process.argv[2]) use(process.argv[2]);
let wrong = 0;
for (const each of cases) {
  const bundle = each.lines.map((line) => pool[line]).join("");
  const found = await verify({ bundle, trust: pool[each.trust], now: each.now });
  const steps = found.steps.map(({ result }) => result);
  if (found.verdict !== each.verdict || steps.join() !== each.steps.join()) {
    wrong += 1;
    console.log(`${each.name}: ${found.verdict} ${steps} [${found.steps.flatMap(({ codes }) => codes)}], due ${each.verdict} ${each.steps} [${each.codes}]`);
  }
}
console.log(`${cases.length} cases, ${wrong} wrong`);
process.exitCode = wrong ? 1 : 0;
