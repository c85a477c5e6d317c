// The lines of a bundle: each in its form, in its place, once, and the records in them opened (ledger/verify/step_01_form.py).

import { Wrong, fromBase64url, need, sha256, text, utf8 } from "./bytes.js";
import { read } from "./form.js";
import { openCertificate, openHolding, openSplit, openStatement, openWord } from "./seal.js";
import { openTrust } from "./trust.js";

const ORDER = { "bundle/1": 0, trust: 1, head: 2, status: 3, certificate: 4, split: 4, statement: 4, attestation: 5, audit: 6, upstream: 7, holding: 8, end: 9 };
const MOST_LINE = 4 * 1024 * 1024;

function readLine(line) {
  const tag = /^\{"t":"([a-z/1]+)"/.exec(line)?.[1];
  need(tag !== undefined && Object.hasOwn(ORDER, tag), "bundle.line");
  need(line.length < MOST_LINE && utf8(line).length < MOST_LINE, "bundle.line-size");
  return read(tag, line);
}

/** A record of a line, opened; its digest is that of its issuance, split or statement, which the log's entry has. */
async function openRecord(line) {
  if (line.t === "certificate") {
    const opened = await openCertificate(line.certificate);
    const values = line.values.map((value) => fromBase64url(value));
    const issuance = await sha256(utf8("oreprint issuance v1\n"), fromBase64url(opened.record.run[0]["..."]), ...values);
    return { ...opened, t: line.t, registry: opened.record.registry, last: opened.record.not_logged_after, values, issuance, proof: line.proof };
  }
  const { t, registry, proof } = line;
  const given = line[t];
  const [opened, last] = t === "split" ? [openSplit(given)] : ((found) => [found, found.value.not_logged_after])(openStatement(given, line.kind));
  return { t, registry, proof, last, opened, issuance: await sha256(utf8(`oreprint ${t} v1\n`), utf8(given)) };
}

/** Read a bundle: its lines and its opened records; what is wrong with any line fails step 1. */
export async function readBundle(given, findings) {
  const whole = typeof given === "string" ? given : text(given, "bundle.line");
  const lines = whole.split("\n");
  need(lines.pop() === "", "bundle.line");
  const header = readLine(lines[0]);
  need(header.t === "bundle/1", "bundle.header");
  const found = { header, count: lines.length, end: null, lines: [], records: [], word: null, stated: 0 };
  const seen = new Set();
  let last = 0;
  for (const line of lines.slice(1)) {
    await findings.check(1, async () => {
      need(found.end === null, "bundle.after-end");
      const told = readLine(line);
      if (ORDER[told.t] < last) findings.say(1, "failed", "bundle.order");
      last = ORDER[told.t];
      need(told.t !== "bundle/1", "bundle.header");
      if (told.t === "end") found.end = told;
      if (told.t === "trust") await openTrust(told.note);
      if (told.t === "holding") openHolding(told.holding);
      if (told.t === "upstream") need(found.word === null, "bundle.twice");
      if (told.t === "upstream") found.word = openWord(told);
      if (last === ORDER.certificate) {
        found.stated += 1;
        const record = await openRecord(told);
        const once = told.t === "certificate" ? record.digest : `${told.registry} ${told.proof.index} ${told.proof.entry}`;
        need(!seen.has(once), "bundle.twice");
        seen.add(once);
        found.records.push(record);
      } else {
        found.lines.push(told);
      }
    });
  }
  return found;
}

/** A bundle is whole when header and end say what is there; the heads are those that could be opened. */
export function checkWhole({ header, end, count, stated }, heads) {
  need(end !== null && end.lines === count && header.records === stated, "bundle.end");
  need([...header.registries].sort().join() === [...heads.keys()].sort().join(), "bundle.end");
}

/** The certificate that a bundle is about. */
export function subjectOf({ header, records }) {
  const found = records.find((each) => each.t === "certificate" && each.digest === header.subject);
  if (found === undefined) throw new Wrong("bundle.subject");
  return found;
}
