// Steps 1 to 6 of verification for the subject of a bundle, by this browser: form, log, issuer, signature, same record, status.
//
// The rules are those of ledger/verify and docs/formats.md; both are held to the vectors in tests/golden/browser.
// What it does not do: steps 7 to 11 (the chain, mass, footprint), the UNTP view beside the record, and predecessors.

import {
  Wrong, bigEndian, compared, digestText, equal, fromBase64, fromBase64url, fromJson, joined, sha256, text, textDigest, toBase64url, uint, utf8,
} from "./bytes.js";
import { checkKey, verify as verifyEd25519 } from "./ed25519.js";

export const STEPS = ["form", "log", "issuer", "signature", "same-record", "status"];
const WORST_FIRST = ["failed", "not-checked", "warning", "passed"];
const MOST_AGE_MS = 24 * 60 * 60 * 1000;
const MOST_AHEAD_MS = 5 * 60 * 1000;
const TIME_TO_LOG_MS = 7 * MOST_AGE_MS;
const LIST_BITS = 131072;
const MOST_INFLATED = 2 * 1024 * 1024;
const MOST_SIGNED = 65535;
const PURPOSES = ["revocation", "suspension", "refresh"];
const GROUPS = ["materials", "fuels", "electricity", "direct", "transport", "waste", "credits"];
const KIND = { record: 1, status: 2 };

const need = (holds, code) => {
  if (!holds) throw new Wrong(code);
};
const epoch = (instant) => {
  need(typeof instant === "string" && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(instant), "document.instant");
  return Date.parse(instant);
};

// -- notes and the trust list ----------------------------------------------------------------------------------------

function parseNote(given) {
  const at = given.lastIndexOf("\n\n");
  need(at > 0 && given.endsWith("\n") && !/[\x00-\x09\x0b-\x1f]/.test(given), "log.note-form");
  const lines = given.slice(at + 2, -1).split("\n");
  const signatures = lines.map((line) => {
    const found = /^— (\S+) (\S+)$/u.exec(line);
    need(found && !found[1].includes("+"), "log.note-signature");
    const raw = fromBase64(found[2], "log.note-signature");
    need(raw.length > 4, "log.note-signature");
    return { name: found[1], id: raw.subarray(0, 4), raw: raw.subarray(4) };
  });
  return { text: given.slice(0, at + 1), signatures };
}

async function parseVkey(vkey) {
  const [name, id, ...rest] = vkey.split("+");
  const raw = fromBase64(rest.join("+"), "log.vkey");
  need(raw.length === 33 && (raw[0] === 1 || raw[0] === 4), "log.vkey");
  const own = (await sha256(utf8(`${name}\n`), raw)).subarray(0, 4);
  need(id === [...own].map((byte) => byte.toString(16).padStart(2, "0")).join(""), "log.vkey");
  checkKey(raw.subarray(1));
  return { name, id: own, type: raw[0], public: raw.subarray(1) };
}

/** Which of the keys signed the note, and when it cosigned; a signature that names one of them must be good. */
async function endorsers(note, keys) {
  const found = [];
  for (const key of keys) {
    for (const line of note.signatures.filter((each) => each.name === key.name && equal(each.id, key.id))) {
      let message = utf8(note.text);
      let signature = line.raw;
      if (key.type === 4) {
        need(signature.length === 72, "log.signature");
        message = utf8(`cosignature/v1\ntime ${uint(signature, 0, 8)}\n${note.text}`);
        signature = signature.subarray(8);
      }
      await verifyEd25519(key.public, message, signature, "log.signature");
      found.push({ key, at: key.type === 4 ? Number(uint(line.raw, 0, 8)) * 1000 : 0 });
    }
  }
  return found;
}

const different = (signed) => new Set(signed.map(({ key }) => toBase64url(key.public))).size;

/** The trust list in the text of a file trust.json, or in its note. */
export async function openTrust(given) {
  let note = given;
  if (given.startsWith('{"note":')) note = fromJson(given.trim(), "trust.form").note;
  need(typeof note === "string", "trust.form");
  const parsed = parseNote(note);
  need(parsed.text.indexOf("\n") === parsed.text.length - 1, "trust.form");
  const listed = fromJson(parsed.text.slice(0, -1), "trust.form");
  need(listed.oreprint === "trust/1", "trust.form");
  const own = await Promise.all(listed.keys.map(parseVkey));
  const signers = await endorsers(parsed, own);
  need(different(signers) >= listed.threshold && listed.threshold >= 1, "trust.threshold");
  const keys = new Map();
  for (const party of listed.parties) {
    for (const key of party.keys) {
      need(key.kid.split("#")[0] === party.did && !keys.has(key.kid), "trust.key-party");
      const ends = [key.until, key.compromised].filter((each) => each !== undefined).map(epoch);
      keys.set(key.kid, { party, public: fromBase64url(key.public), since: epoch(key.since), until: ends.length ? Math.min(...ends) : Infinity });
    }
  }
  await checkRoles(listed, own, keys);
  return { listed, keys };
}

/** Every public key of a trust list has one role and one name, and every quorum can be reached. */
async function checkRoles(listed, own, keys) {
  const known = new Map();
  const use = (role, name, key) => {
    const told = `${role} ${name}`;
    const found = known.get(toBase64url(key)) ?? told;
    need(found === told, "trust.key-shared");
    known.set(toBase64url(key), told);
  };
  for (const key of own) use("trust list", key.name, key.public);
  for (const [kid, key] of keys) use("issuer", kid, key.public);
  for (const registry of listed.registries) {
    for (const log of registry.logs) use("log", log.origin, (await parseVkey(log.key)).public);
    use("status", registry.status_key.kid, fromBase64url(registry.status_key.public));
    for (const [role, { least, keys: named }] of [["witness", registry.witnesses], ["monitor", registry.monitors]]) {
      const asked = await Promise.all(named.map(parseVkey));
      need(different(asked.map((key) => ({ key }))) === asked.length, "trust.twice");
      need(least <= asked.length && (least > 0 || asked.length === 0), "trust.quorum");
      for (const key of asked) use(role, key.name, key.public);
    }
  }
}

// -- the bundle -------------------------------------------------------------------------------------------------------

function readLines(given) {
  const lines = given.split("\n");
  need(lines.pop() === "", "bundle.line");
  const read = lines.map((line) => fromJson(line, "bundle.line"));
  need(read[0]?.t === "bundle/1" && typeof read[0].subject === "string", "bundle.header");
  return read;
}

/** A bundle is whole when header and end say what is there. */
function checkWhole(read) {
  const [header, end] = [read[0], read.at(-1)];
  const records = read.filter((each) => ["certificate", "split", "statement"].includes(each.t)).length;
  const heads = read.filter((each) => each.t === "head").map((each) => each.registry);
  need(end.t === "end" && end.lines === read.length && header.records === records, "bundle.end");
  need([...header.registries].sort().join() === heads.sort().join(), "bundle.end");
}

// -- step 1: form -----------------------------------------------------------------------------------------------------

function parseJws(jws, typ, cty) {
  const parts = jws.split(".");
  need(parts.length === 3 && parts[0].length <= 1024, "seal.jws-form");
  const header = fromJson(text(fromBase64url(parts[0]), "seal.header"), "seal.header");
  const members = Object.keys(header).join();
  need(members === "alg,kid,typ,cty" && header.typ === typ && header.cty === cty, "seal.header");
  need(header.alg === "EdDSA" || header.alg === "Ed25519", "seal.header");
  const signature = fromBase64url(parts[2]);
  need(signature.length === 64, "seal.jws-form");
  const payload = fromJson(text(fromBase64url(parts[1]), "seal.payload"), "seal.payload");
  return { kid: header.kid, payload, signature, signed: utf8(`${parts[0]}.${parts[1]}`) };
}

/** Disclosures taken one after another by the places they belong to; what has no place is refused. */
class Walk {
  constructor(texts) {
    this.texts = texts;
    this.placed = [];
    this.at = 0;
  }

  async take(hidden) {
    const digest = hidden?.["..."];
    need(typeof digest === "string" && Object.keys(hidden).length === 1, "seal.digest");
    this.placed.push(digest);
    if (this.at >= this.texts.length || (await textDigest(this.texts[this.at])) !== digest) return null;
    const value = fromJson(text(fromBase64url(this.texts[this.at]), "seal.disclosure-form"), "seal.disclosure-form");
    need(Array.isArray(value) && value.length === 2 && fromBase64url(value[0]).length === 16, "seal.disclosure-form");
    this.at += 1;
    return value[1];
  }

  end() {
    need(this.at === this.texts.length, "seal.disclosure-place");
    need(new Set(this.placed).size === this.placed.length, "seal.digest-twice");
  }
}

async function openCertificate(given) {
  need(/^[\x21-\x7e]+$/.test(given), "seal.text-form");
  const [first, ...texts] = given.split("~");
  need(texts.pop() === "", "seal.text-form");
  need(first.length <= MOST_SIGNED, "seal.signed-size");
  const jws = parseJws(first, "vc+sd-jwt", "vc");
  const record = jws.payload.oreprint;
  need(record?.oreprint === "certificate/1" && jws.payload._sd_alg === "sha-256", "seal.payload");
  need(jws.kid.split("#")[0] === record.issuer.did, "seal.issuer");
  const { counts } = record;
  need(record.run.length === 1 && record.output < counts.outputs, "seal.counts");
  const walk = new Walk(texts);
  const run = await walk.take(record.run[0]);
  if (run !== null) await openRun(walk, run, record);
  for (const hidden of record.details ?? []) await walk.take(hidden);
  walk.end();
  const raw = await sha256(utf8(first));
  return { jws, record, run, raw, digest: digestText(raw) };
}

async function openRun(walk, run, { counts, output }) {
  const lengths = [run.inputs.length, run.inputs.length, run.outputs.length, run.made.length, run.inventory.length];
  const due = [counts.inputs, counts.holdings, counts.outputs, counts.outputs, GROUPS.length];
  need(lengths.every((length, at) => length === due[at]), "seal.counts");
  for (const hidden of run.inputs) {
    const input = await walk.take(hidden);
    if (input !== null) {
      need(input.source.length === 1, "seal.counts");
      await walk.take(input.source[0]);
    }
  }
  let lines = 0;
  let whole = true;
  for (const [at, hidden] of run.inventory.entries()) {
    const group = await walk.take(hidden);
    need(group === null || group.group === GROUPS[at], "seal.disclosure-form");
    whole &&= group !== null;
    lines += group?.lines.length ?? 0;
  }
  need(!whole || lines === counts.lines, "seal.counts");
  for (const [at, hidden] of run.outputs.entries()) {
    const own = await walk.take(hidden);
    need(at !== output || own !== null, "seal.own-output");
  }
}

// -- step 2: log ------------------------------------------------------------------------------------------------------

async function openHead(line, trust, now) {
  const registry = trust.listed.registries.find((each) => each.id === line.registry);
  need(registry, "trust.registry-unknown");
  const note = parseNote(line.checkpoint);
  const [origin, size, encoded, rest] = note.text.split("\n");
  const log = registry.logs.find((each) => each.origin === origin);
  need(log, "log.origin");
  need(rest === "" && /^(0|[1-9]\d{0,15})$/.test(size), "log.checkpoint-form");
  const root = fromBase64(encoded, "log.checkpoint-root");
  const key = await parseVkey(log.key);
  need((await endorsers(note, [key])).length > 0, "log.unsigned");
  need(log.final_size === undefined || log.final_size === Number(size), "log.closed");
  const cosigned = async (quorum) => {
    const keys = await Promise.all(quorum.keys.map(parseVkey));
    const timely = (at) => at <= now + MOST_AHEAD_MS && (log.final_size !== undefined || at >= now - MOST_AGE_MS);
    return different((await endorsers(note, keys)).filter((each) => timely(each.at))) >= quorum.least;
  };
  const quorum = (await cosigned(registry.witnesses)) && (await cosigned(registry.monitors));
  const voided = new Set(registry.voided.filter((each) => each.origin === origin).map((each) => each.index));
  return { registry, origin, closed: log.final_size !== undefined, size: BigInt(size), root, quorum, voided };
}

async function verifyInclusion(path, head, at, leaf) {
  let index = BigInt(at);
  need(index < head.size, "log.index");
  const inner = (index ^ (head.size - 1n)).toString(2).length;
  const below = index === head.size - 1n ? 0 : inner;
  const right = [...(index >> BigInt(below)).toString(2)].filter((bit) => bit === "1").length;
  need(path.length === below + right && path.every((step) => step.length === 32), "log.proof-length");
  let node = leaf;
  for (const [height, sibling] of path.entries()) {
    const left = height >= below || (index & 1n) === 1n;
    node = left ? await sha256([1], sibling, node) : await sha256([1], node, sibling);
    index >>= 1n;
  }
  need(equal(node, head.root), "log.inclusion");
}

function parseEntry(raw) {
  need(raw.length >= 46 && raw[0] === 1, "log.entry-form");
  const kind = raw[1];
  const count = Number(uint(raw, 42, 2));
  const bitsAt = 44 + 32 * count;
  need(raw.length >= bitsAt + 2, "log.entry-form");
  const bits = Number(uint(raw, bitsAt, 2));
  const end = bitsAt + 2 + 10 * bits;
  need(raw.length === end + (kind === KIND.record ? 0 : 40) && kind >= 1 && kind <= 3, "log.entry-form");
  const marks = Array.from({ length: count }, (_, at) => raw.subarray(44 + 32 * at, 76 + 32 * at));
  need(marks.every((mark, at) => at === 0 || compared(marks[at - 1], mark) < 0), "log.entry-order");
  const listed = kind === KIND.record ? null : { number: Number(uint(raw, end, 8)), digest: raw.subarray(end + 8) };
  const changes = Array.from({ length: bits }, (_, at) => {
    const from = bitsAt + 2 + 10 * at;
    return { list: Number(uint(raw, from, 4)), index: Number(uint(raw, from + 4, 4)), purpose: PURPOSES[raw[from + 8] - 1], value: raw[from + 9] };
  });
  return { kind, time: Number(uint(raw, 2, 8)), digest: raw.subarray(10, 42), marks, changes, listed };
}

/** The heads of a registry: that of its log in use first, beside it those of logs that it has closed. */
async function openHeads(lines, trust, now) {
  const heads = [];
  for (const line of lines) heads.push(await openHead(line, trust, now));
  need(new Set(heads.map((head) => head.origin)).size === heads.length, "bundle.head-twice");
  need(heads.filter((head) => !head.closed).length <= 1, "bundle.head-twice");
  return heads.sort((a, b) => a.closed - b.closed);
}

/** Where a proof leads: its entry, and in which log it stands. */
async function logged(proof, heads) {
  const raw = fromBase64url(proof.entry);
  const entry = parseEntry(raw);
  need(Number.isSafeInteger(proof.index) && proof.index >= 0, "log.index");
  const path = proof.path.map((step) => fromBase64url(step));
  const leaf = await sha256([0], raw);
  let refused;
  for (const head of heads) {
    try {
      await verifyInclusion(path, head, proof.index, leaf);
      need(!head.voided.has(proof.index), "log.not-voided");
      return { entry, index: proof.index, origin: head.origin };
    } catch (error) {
      refused ??= error;
    }
  }
  throw refused;
}

const blinded = (digest) => sha256(utf8("oreprint leaf v1\n"), digest);

// -- step 6: status ---------------------------------------------------------------------------------------------------

async function inflated(packed) {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: null }));
    need(value !== null, "trust.status-form");
    if (done) return joined(...parts);
    size += value.length;
    need(size <= MOST_INFLATED, "trust.status-form");
    parts.push(value);
  }
}

/** The bits of a status list of a registry, signed by its status key; its place in the log is judged apart. */
async function openList(line, head) {
  const key = head.registry.status_key;
  const jws = parseJws(line.credential, "vc+jwt", "vc");
  need(jws.kid === key.kid, "trust.key-unknown");
  await verifyEd25519(fromBase64url(key.public), jws.signed, jws.signature);
  const told = jws.payload.oreprint;
  need(told?.oreprint === "status/1" && told.registry === line.registry, "trust.status-form");
  const subject = jws.payload.credentialSubject;
  const url = `https://${told.registry}/status/${told.purpose}-${told.list}`;
  need(jws.payload.id === url && subject.id === `${url}#list` && subject.statusPurpose === told.purpose, "trust.status-form");
  const { issuer, type, validFrom, validUntil } = jws.payload;
  need(type?.join() === "VerifiableCredential,BitstringStatusListCredential" && subject.type === "BitstringStatusList", "trust.status-form");
  need(issuer === key.kid.split("#")[0] && epoch(validUntil) === epoch(validFrom) + MOST_AGE_MS, "trust.status-form");
  need(subject.encodedList.startsWith("u"), "trust.status-form");
  const bits = await inflated(fromBase64url(subject.encodedList.slice(1)));
  need(bits.length * 8 >= LIST_BITS, "trust.status-short");
  return { told, bits, issued: epoch(validFrom) };
}

// -- all together -----------------------------------------------------------------------------------------------------

/** What came of each step: the worst counts; `say` adds a finding. */
class Findings {
  constructor() {
    this.steps = STEPS.map((name, at) => ({ step: at + 1, name, result: null, codes: [] }));
    this.ended = new Set();
    this.failed = false;
  }

  say(step, result, code = null) {
    const found = this.steps[step - 1];
    const worse = found.result === null || WORST_FIRST.indexOf(result) < WORST_FIRST.indexOf(found.result);
    if (worse) found.result = result;
    if (code) found.codes.push(code);
    this.failed ||= result === "failed";
  }

  /** Say that the record has ended: withdrawn and suspended fail the step, though not the record. */
  end(code) {
    const found = this.steps[5];
    const { failed } = this;
    this.ended.add(code);
    this.say(found.step, code === "status.withdrawn" || code === "status.suspended" ? "failed" : "warning", code);
    this.failed = failed;
  }

  /** Run a check of a step; what it throws fails the step. */
  async check(step, act) {
    try {
      const value = await act();
      this.say(step, "passed");
      return value;
    } catch (error) {
      this.say(step, "failed", error instanceof Wrong ? error.code : "form.read");
      return null;
    }
  }

  verdict() {
    for (const found of this.steps) found.result ??= "not-checked";
    if (this.failed) return "do-not-rely";
    if (this.ended.has("status.withdrawn") || this.ended.has("status.suspended")) return "withdrawn";
    if (this.steps.some((found) => found.result === "not-checked")) return "incomplete";
    if (this.ended.has("status.superseded")) return "superseded";
    return this.ended.has("status.expired") ? "expired" : "genuine";
  }
}

/**
 * Judge the subject of a bundle.
 *
 * @param {{bundle: string, trust: string, now: number}} given the bundle's text, the pinned trust list (file or note), ms since 1970
 * @returns {Promise<{verdict: string, steps: object[], digest: string|null, record: object|null}>}
 */
export async function verify({ bundle, trust: pinned, now }) {
  const findings = new Findings();
  const trust = await openTrust(pinned);
  const lines = await findings.check(1, () => readLines(bundle));
  if (lines) await findings.check(1, () => checkWhole(lines));
  const opened = lines && (await findings.check(1, () => subject(lines)));
  if (opened) await judge({ ...opened, lines, trust, now, findings });
  return { verdict: findings.verdict(), steps: findings.steps, digest: opened?.digest ?? null, record: opened?.record ?? null };
}

async function subject(lines) {
  const [header] = lines;
  for (const line of lines.filter((each) => each.t === "certificate")) {
    const digest = digestText(await sha256(utf8(line.certificate.split("~")[0])));
    if (digest === header.subject) return { ...(await openCertificate(line.certificate)), line };
  }
  throw new Wrong("bundle.subject");
}

async function judge({ jws, record, run, raw, line, lines, trust, now, findings }) {
  if (now >= epoch(trust.listed.expires)) findings.say(2, "not-checked", "log.trust-list");
  const given = lines.filter((each) => each.t === "head" && each.registry === record.registry);
  if (given.length === 0) findings.say(2, "not-checked", "log.included");
  const heads = given.length > 0 && (await findings.check(2, () => openHeads(given, trust, now)));
  if (heads && !heads.every((head) => head.quorum)) findings.say(2, "not-checked", "log.included");
  const place = heads && (await findings.check(2, () => logged(line.proof, heads)));
  if (place) await findings.check(2, () => judgeTime(record, place.entry.time));
  await judgeIssuer({ jws, record, place, trust, findings });
  await judgeEntry({ record, run, raw, line, place, findings });
  await judgeStatus({ record, lines, heads, now, findings });
}

function judgeTime(record, time) {
  const [issued, last] = [epoch(record.issued), epoch(record.not_logged_after)];
  need(time <= last, "log.on-time");
  need(issued <= time + MOST_AHEAD_MS && last <= issued + TIME_TO_LOG_MS + MOST_AHEAD_MS, "log.issued");
}

/** The names and the number that the trust list gives an issuer are all that it may give itself. */
function knownBy({ names, registration }, party) {
  const known = names.every((name) => party.names.some((each) => each.lang === name.lang && each.text === name.text));
  return known && (registration === undefined || registration === party.registration);
}

async function judgeIssuer({ jws, record, place, trust, findings }) {
  const key = trust.keys.get(jws.kid);
  const known = await findings.check(3, () => {
    need(key, "trust.key-unknown");
    if (place) need(place.entry.time >= key.since && place.entry.time < key.until, "trust.key-time");
    return true;
  });
  if (!known) return;
  await findings.check(3, () => {
    need(key.party.did === record.issuer.did, "issuer.key");
    const { facility, kind } = record.batch;
    need(key.party.facilities.includes(facility.id) && (kind === "electricity" || key.party.kinds.includes(kind)), "issuer.may");
    need(knownBy(record.issuer, key.party), "issuer.names");
  });
  await findings.check(4, () => verifyEd25519(key.public, jws.signed, jws.signature));
}

/** A record and its run name one predecessor, or neither has any. */
function samePredecessor(run, { follows, output }) {
  if (run.follows === undefined || follows === undefined) return run.follows === follows;
  return run.follows.record === follows.record && run.follows.ends[output]?.certificate === follows.certificate;
}

/** A lot of electricity is of a scheme's statement, comes of nothing, and has nothing but its kWh. */
function soundInstrument({ instrument, batch, counts, composition, footprint, indicators, claims }) {
  const named = [instrument !== undefined, batch.kind === "electricity", batch.step === "instrument-cancellation"];
  if (!named.includes(true)) return true;
  const lone = counts.inputs === 0 && counts.holdings === 0 && counts.lines === 0 && counts.outputs === 1;
  const told = [composition, footprint.rows, indicators.rows, indicators.partial, claims].some((each) => each.length > 0);
  return lone && !told && batch.coating === undefined && !named.includes(false);
}

async function judgeEntry({ record, run, raw, line, place, findings }) {
  const values = line.values.map((value) => fromBase64url(value));
  const own = await sha256(utf8("oreprint certificate v1\n"), raw, bigEndian(record.status.list, 4), bigEndian(record.status.index, 4));
  await findings.check(5, () => {
    need(values.length === record.counts.outputs && equal(values[record.output], own), "record.place");
    need(soundInstrument(record), "record.instrument");
    if (run === null) return;
    need(run.made.every((made, at) => made.certified === values[at].some((byte) => byte !== 0)), "record.place");
    need(samePredecessor(run, record), "record.follows");
  });
  if (!place) return;
  await findings.check(5, async () => {
    const issuance = await sha256(utf8("oreprint issuance v1\n"), fromBase64url(record.run[0]["..."]), ...values);
    need(place.entry.kind === KIND.record && equal(place.entry.digest, await blinded(issuance)), "record.entry");
    const due = record.follows ? 1 : (record.counts.holdings || 1) + (record.instrument ? 1 : 0);
    need(place.entry.marks.length === due, "record.mark-count");
  });
}

async function judgeStatus({ record, lines, heads, now, findings }) {
  const fresh = new Map();
  for (const line of lines.filter((each) => each.t === "status" && each.registry === record.registry)) {
    const found = heads && (await findings.check(6, () => loggedList(line, heads)));
    if (!found || found.told.list !== record.status.list) continue;
    const age = now - found.entry.time;
    if (age < -MOST_AHEAD_MS || age > MOST_AGE_MS) findings.say(6, "not-checked", "status.list");
    else fresh.set(found.told.purpose, found);
  }
  const changes = heads ? await changesOf(record.status, lines, heads) : [];
  for (const purpose of PURPOSES) judgeBit(purpose, fresh.get(purpose), changes, record, findings);
  if (record.valid_until !== undefined && now > epoch(record.valid_until)) findings.end("status.expired");
}

async function loggedList(line, heads) {
  const list = await openList(line, heads[0]);
  const { entry, index, origin } = await logged(line.proof, heads);
  const credential = utf8(line.credential);
  const digest = await sha256(utf8("oreprint status v1\n"), credential);
  need(entry.kind === KIND.status && equal(entry.digest, await blinded(digest)), "record.entry");
  need(entry.marks.length === 0 && entry.changes.length === 0, "status.list");
  need(entry.listed.number === list.told.number && index === list.told.size, "status.list");
  need(equal(entry.listed.digest, await sha256(credential)), "status.list");
  need(list.issued === entry.time - (entry.time % 1000), "trust.status-form");
  const { since, until, compromised } = heads[0].registry.status_key;
  const ended = [until, compromised].some((end) => end !== undefined && entry.time >= epoch(end));
  need(entry.time >= epoch(since) && !ended, "trust.key-time");
  return { ...list, entry, index, origin };
}

/** What entries shown have done to a status place; those that stand in none of these logs are judged in step 7. */
async function changesOf(place, lines, heads) {
  const found = [];
  for (const { proof } of lines.filter((each) => ["certificate", "split", "statement"].includes(each.t))) {
    const at = await logged(proof, heads).catch(() => null);
    for (const change of at?.entry.changes ?? []) {
      if (change.list === place.list && change.index === place.index) found.push({ ...at, ...change, at: at.index });
    }
  }
  return found.sort((a, b) => a.entry.time - b.entry.time || a.at - b.at);
}

const covers = (list, change) => (list.origin === change.origin ? change.at < list.index : change.entry.time <= list.entry.time);

function judgeBit(purpose, list, changes, record, findings) {
  const { index } = record.status;
  const own = changes.filter((change) => change.purpose === purpose);
  let bit = 0;
  if (!list) {
    findings.say(6, "not-checked", "status.list");
  } else if (index >= list.bits.length * 8) {
    findings.say(6, "failed", "trust.status-short");
  } else {
    bit = (list.bits[index >> 3] >> (7 - (index % 8))) & 1;
    // a suspension may have been lifted by what isn't shown; nothing else is ever taken back
    if (!bit && purpose !== "suspension" && own.some((change) => covers(list, change))) findings.say(6, "failed", "status.list");
    findings.say(6, "passed");
  }
  const later = own.filter((change) => !list || !covers(list, change));
  if (later.length ? later.at(-1).value : bit) {
    findings.end({ revocation: "status.withdrawn", suspension: "status.suspended", refresh: "status.superseded" }[purpose]);
  }
}
