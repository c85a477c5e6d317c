// Steps 1 to 6 of verification for the subject of a bundle, by this browser: form, log, issuer, signature, same record, status.
//
// The rules are those of ledger/verify and docs/formats.md; both are held to the vectors in tests/golden/browser. Form is that of
// everything in the bundle; the other certificates, and steps 7 to 10, are whole.js's. Neither judges attestations (step 11).

import { Wrong, bigEndian, equal, need, sha256, utf8 } from "./bytes.js";
import { checkWhole, readBundle, subjectOf } from "./bundle.js";
import { verify as verifyEd25519 } from "./ed25519.js";
import { epoch } from "./form.js";
import { KIND, MOST_AGE_MS, MOST_AHEAD_MS, blinded, logged, openHeads } from "./log.js";
import { hearWord, judgeBits, openLists } from "./status.js";
import { areOf, openTrust } from "./trust.js";

export { openTrust };

export const STEPS = ["form", "log", "issuer", "signature", "same-record", "status"];
/** What ends a record: its issuer's own statement, or the registry's word about a hidden lot behind it. */
const ENDED = /^(status\.(withdrawn|suspended)|inputs\.upstream-.*)$/;
const WORST_FIRST = ["failed", "not-checked", "warning", "passed"];
const TIME_TO_LOG_MS = 7 * MOST_AGE_MS;
const MOST_LATE_MS = 366 * MOST_AGE_MS;

/** What came of each step: the worst counts; `say` adds a finding. */
export class Findings {
  constructor(names = STEPS, first = 1) {
    this.steps = names.map((name, at) => ({ step: at + first, name, result: null, codes: [] }));
    this.ended = new Set();
    this.failed = false;
  }

  say(step, result, code = null) {
    const found = this.steps.find((each) => each.step === step);
    const worse = found.result === null || WORST_FIRST.indexOf(result) < WORST_FIRST.indexOf(found.result);
    if (worse) found.result = result;
    if (code) found.codes.push(code);
    this.failed ||= result === "failed";
  }

  /** Say that the record has ended: withdrawn and suspended fail the step, though not the record. */
  end(code) {
    const { failed } = this;
    this.ended.add(code);
    this.say(6, code === "status.withdrawn" || code === "status.suspended" ? "failed" : "warning", code);
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
    if ([...this.ended].some((code) => ENDED.test(code))) return "withdrawn";
    if (this.steps.some((found) => found.result === "not-checked")) return "incomplete";
    if (this.ended.has("status.superseded")) return "superseded";
    return this.ended.has("status.expired") ? "expired" : "genuine";
  }
}

/**
 * Judge the subject of a bundle.
 *
 * @param {{bundle: string|Uint8Array, trust: string, now: number}} given the bundle, the pinned trust list (file or note), ms since 1970
 * @returns {Promise<{verdict: string, steps: object[], digest: string|null, record: object|null, seen: object|null}>} `seen` is for whole.js
 */
export async function verify({ bundle, trust: pinned, now }) {
  const findings = new Findings();
  const trust = await openTrust(pinned);
  const seen = await findings.check(1, () => readBundle(bundle, findings));
  const subject = seen && (await findings.check(1, () => subjectOf(seen)));
  if (seen) {
    Object.assign(seen, { trust, now, subject });
    await judge(seen, findings);
  }
  return { verdict: findings.verdict(), steps: findings.steps, digest: subject?.digest ?? null, record: subject?.record ?? null, seen };
}

/** Judge what everything stands on, and the subject; other certificates are judged by `judgeCertificate` in whole.js. */
async function judge(seen, findings) {
  const { trust, now, subject, records } = seen;
  const apart = subject ? findings : new Findings();
  if (now >= epoch(trust.listed.expires)) apart.say(2, "not-checked", "log.trust-list");
  const of = (tag) => seen.lines.filter((line) => line.t === tag);
  seen.heads = await openHeads(of("head"), trust, now, apart);
  await findings.check(1, () => checkWhole(seen, seen.heads));
  seen.lists = await openLists(of("status"), trust, seen.heads, now, apart);
  for (const record of records) record.logged = await place(record, seen, record.t !== "certificate" || record === subject ? apart : new Findings());
  if (subject === null) return;
  await judgeCertificate(subject, seen, findings);
  judgeBits(subject.record, seen.lists, records, findings, (code) => findings.end(code));
  seen.heard = await hearWord(seen, findings);
  const hidden = ({ certificate }) => certificate === undefined || !records.some(({ digest }) => digest === certificate);
  for (const { state } of (seen.heard?.ended ?? []).filter(hidden)) findings.ended.add(`inputs.upstream-${state}`);
  const until = subject.record.valid_until;
  if (until !== undefined && now > epoch(until)) findings.end("status.expired");
}

/** Where a record was logged, or null; the findings say why. */
async function place({ registry, proof, last, issuance }, { heads }, findings) {
  if (!heads.has(registry)) {
    findings.say(2, "not-checked", "log.included");
    return null;
  }
  const found = await findings.check(2, () => logged(proof, heads.get(registry)));
  if (found === null) return null;
  const same = await findings.check(5, async () => {
    need(found.entry.kind === KIND.record && equal(found.entry.digest, await blinded(issuance)), "record.entry");
    return true;
  });
  if (same && last !== undefined) await findings.check(2, () => need(found.entry.time <= epoch(last), "log.on-time"));
  return same && found;
}

/** Steps 2 to 5 for one certificate whose place is known. */
export async function judgeCertificate(certificate, { trust }, findings) {
  const { record, logged: at } = certificate;
  if (at) {
    const [issued, last] = [epoch(record.issued), epoch(record.not_logged_after)];
    const fits = issued <= at.entry.time + MOST_AHEAD_MS && last <= issued + TIME_TO_LOG_MS + MOST_AHEAD_MS;
    await findings.check(2, () => need(fits, "log.issued"));
  }
  await judgeIssuer(certificate, trust, findings);
  await judgeEntry(certificate, findings);
}

/** The names and the number that the trust list gives an issuer are all that it may give itself. */
function knownBy({ names, registration }, party, time) {
  const now = party.renamed === undefined || time === undefined || time >= epoch(party.renamed) ? [party.names] : [];
  const then = (party.former_names ?? []).filter(({ until }) => time === undefined || time < epoch(until)).map((each) => each.names);
  return [...now, ...then].some((all) => areOf(names, all)) && (registration === undefined || registration === party.registration);
}

async function judgeIssuer({ jws, record, logged: at }, trust, findings) {
  const key = trust.keys.get(jws.kid);
  const known = await findings.check(3, () => {
    need(key, "issuer.key");
    need(!at || (at.entry.time >= key.since && at.entry.time < key.until), "issuer.key");
    return true;
  });
  if (!known) return;
  await findings.check(3, () => {
    need(key.party.did === record.issuer.did, "issuer.key");
    const { facility, kind } = record.batch;
    need(key.party.facilities.includes(facility.id) && (kind === "electricity" || key.party.kinds.includes(kind)), "issuer.may");
    need(knownBy(record.issuer, key.party, at?.entry.time), "issuer.names");
  });
  if (at && late(record.batch, at.entry.time, key.party, trust)) findings.say(3, "warning", "issuer.late");
  await findings.check(4, () => verifyEd25519(key.public, jws.signed, jws.signature));
}

/** A batch was registered late: before its plant or issuer was, or more than a year before its entry. */
function late({ facility, produced: { end } }, time, party, { listed }) {
  const plant = (listed.plants ?? []).find((each) => each.facility === facility.id);
  const since = plant?.since ?? party.keys.map((key) => key.since).sort()[0].slice(0, 10);
  return end < since || time - epoch(`${end}T00:00:00Z`) > MOST_LATE_MS;
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

async function judgeEntry({ record, run, raw, values, logged: at }, findings) {
  const own = await sha256(utf8("oreprint certificate v1\n"), raw, bigEndian(record.status.list, 4), bigEndian(record.status.index, 4));
  await findings.check(5, () => {
    need(values.length === record.counts.outputs && record.output < values.length && equal(values[record.output], own), "record.place");
    need(soundInstrument(record), "record.instrument");
    if (run === null) return;
    need(run.value.made.every((made, output) => made.certified === values[output].some((byte) => byte !== 0)), "record.place");
    need(samePredecessor(run.value, record), "record.follows");
  });
  if (!at) return;
  const due = record.follows ? 1 : (record.counts.holdings || 1) + (record.instrument ? 1 : 0);
  await findings.check(5, () => need(at.entry.marks.length === due, "record.mark-count"));
}
