// Say of each mutant on stdin whether the page's own modules take it: a document, a certificate, a statement, a split, a trust list, or a bundle.

import { readFileSync } from "node:fs";
import { read } from "../../../api/web/static/form.js";
import { openCertificate, openSplit, openStatement } from "../../../api/web/static/seal.js";
import { openTrust, verify } from "../../../api/web/static/verify.js";
import { verifyWhole } from "../../../api/web/static/whole.js";

const { trust, now, mutants } = JSON.parse(readFileSync(0, "utf8"));
const bytes = (encoded) => Uint8Array.from(Buffer.from(encoded, "base64"));

const WAYS = {
  document: ({ kind, text }) => read(kind, text),
  certificate: ({ text }) => openCertificate(text),
  statement: ({ kind, text }) => openStatement(text, kind),
  split: ({ text }) => openSplit(text),
  trust: ({ text }) => openTrust(text),
  async bundle({ raw }) {
    const found = await verify({ bundle: bytes(raw), trust, now });
    const rest = found.seen && (await verifyWhole(found.seen));
    if ([found.verdict, rest?.verdict].includes("do-not-rely")) throw new Error("do-not-rely");
  },
};

const taken = [];
for (const each of mutants) {
  try {
    await WAYS[each.way](each);
    taken.push(true);
  } catch {
    taken.push(false);
  }
}
console.log(JSON.stringify(taken));
