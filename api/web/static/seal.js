// Certificates and statements as they are sealed (ledger/seal): JWS, disclosures at their fixed places, and what every one must have.

import { digestText, fromBase64url, need, sha256, text, textDigest, utf8 } from "./bytes.js";
import { read } from "./form.js";
import { payload, recordText } from "./view.js";

const MOST_SIGNED = 65535;
const MOST_TEXT = 4 * 1024 * 1024;
const MOST_STATEMENT = 1024 * 1024;
const GROUPS = ["materials", "fuels", "electricity", "direct", "transport", "waste", "credits"];
const HOLDING = /^\["([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])",(.*)\]$/s;
const SALTED = /^\["([A-Za-z0-9_-]{21}[AQgw])",(.*)\]$/s;

/** A JWS of a type; its payload is a text, and its signature isn't verified. */
export function parseJws(jws, typ) {
  const parts = jws.split(".");
  need(parts.length === 3 && parts[0].length <= 1024, "seal.jws-form");
  const header = read("header", text(fromBase64url(parts[0]), "seal.header"));
  need(header.typ === typ && header.cty === (typ.startsWith("vc+") ? "vc" : undefined), "seal.header");
  const signature = fromBase64url(parts[2]);
  need(signature.length === 64, "seal.jws-form");
  return { kid: header.kid, payload: text(fromBase64url(parts[1]), "seal.payload"), signature, signed: utf8(`${parts[0]}.${parts[1]}`) };
}

/** Disclosures taken one after another by the places they belong to; what has no place is refused. */
class Walk {
  constructor(texts, digests) {
    Object.assign(this, { texts, digests, placed: [], at: 0 });
  }

  /** A walk whose digests are computed at once: the browser takes longer to wait for each than to compute it. */
  static async of(texts) {
    return new Walk(texts, await Promise.all(texts.map(textDigest)));
  }

  take(hidden, kind) {
    const digest = hidden["..."];
    this.placed.push(digest);
    if (this.at >= this.texts.length || this.digests[this.at] !== digest) return null;
    const found = SALTED.exec(text(fromBase64url(this.texts[this.at]), "seal.disclosure-form"));
    need(found, "seal.disclosure-form");
    this.at += 1;
    return read(kind, found[2]);
  }

  end() {
    need(this.at === this.texts.length, "seal.disclosure-place");
    need(new Set(this.placed).size === this.placed.length, "seal.digest-twice");
  }
}

/** A certificate with what is disclosed of its run; withheld parts are null. */
export async function openCertificate(given) {
  need(/^[\x21-\x7e]+$/.test(given) && given.length <= MOST_TEXT, "seal.text-form");
  const [first, ...texts] = given.split("~");
  need(texts.pop() === "", "seal.text-form");
  need(first.length <= MOST_SIGNED, "seal.signed-size");
  const jws = parseJws(first, "vc+sd-jwt");
  const told = recordText(jws.payload);
  need(told !== "", "seal.payload");
  const record = read("record", told);
  need(payload(record, told) === jws.payload, "seal.payload");
  need(jws.kid.split("#")[0] === record.issuer.did, "seal.issuer");
  const walk = await Walk.of(texts);
  const run = openRun(walk, record);
  for (const hidden of record.details) walk.take(hidden, "detail");
  walk.end();
  need(run === null || run.outputs[record.output] !== null, "seal.own-output");
  const raw = await sha256(utf8(first));
  return { jws, record, run, raw, digest: digestText(raw) };
}

function openRun(walk, { run: [hidden], counts, output }) {
  const value = walk.take(hidden, "run");
  if (value === null) return null;
  const lengths = [value.inputs.length, value.inputs.length, value.outputs.length, value.made.length];
  const due = [counts.inputs, counts.holdings, counts.outputs, counts.outputs];
  need(lengths.every((length, at) => length === due[at]) && output < counts.outputs, "seal.counts");
  const inputs = [];
  for (const each of value.inputs) {
    const input = walk.take(each, "input");
    inputs.push(input && { value: input, source: walk.take(input.source[0], "source") });
  }
  const inventory = [];
  for (const [at, each] of value.inventory.entries()) inventory.push(walk.take(each, GROUPS[at]));
  const outputs = [];
  for (const each of value.outputs) outputs.push(walk.take(each, "output"));
  const lines = inventory.reduce((count, group) => count + (group?.lines.length ?? 0), 0);
  need(inventory.includes(null) || lines === counts.lines, "seal.counts");
  return { value, digest: hidden["..."], inputs, inventory, outputs };
}

/** A signed statement of one kind. */
export function openStatement(given, kind) {
  need(given.length <= MOST_STATEMENT, "seal.jws-form");
  const jws = parseJws(given, `oreprint-${kind}+jwt`);
  const value = read(kind, jws.payload);
  need(value.oreprint === `${kind}/1`, "seal.statement");
  return { jws, value };
}

/** The text of a split, which nobody signs. */
export function openSplit(given) {
  const value = read("split-text", given);
  need(value.parts.every((part) => part.mass_kg !== "0"), "holding.split-empty");
  return value;
}

/** The owner and the registry that the text of a holding names. */
export function openHolding(given) {
  const found = HOLDING.exec(text(fromBase64url(given), "holding.text"));
  need(found, "holding.text");
  return read("holder", found[2]);
}

/** The word of a registry about ended lots; its signature is judged apart. */
export function openWord({ registry, upstream }) {
  const jws = parseJws(upstream, "oreprint-upstream+jwt");
  const value = read("upstream-word", jws.payload);
  need(jws.kid.split("#")[0] === `did:web:${value.registry}` && value.registry === registry, "seal.issuer");
  return { jws, value };
}
