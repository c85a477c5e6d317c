// Steps 7 to 10 for all that a bundle shows, and steps 2 to 6 for its other certificates; loaded after the first verdict.
//
// `LEFT` are the rules of these steps that only the server judges: those of plausibility. Where a run names a table that this browser
// doesn't have, what rests on it is left, too.

import { need, toBase64url } from "./bytes.js";
import { Claims } from "./claims.js";
import { verify as verifyEd25519 } from "./ed25519.js";
import { Figures } from "./figures.js";
import { epoch } from "./form.js";
import { Instruments } from "./instruments.js";
import { Mass } from "./mass.js";
import { Paths, concludePaths, custodyHolds, ownOutput, traceInputs } from "./paths.js";
import { parseJws } from "./seal.js";
import { checkShares } from "./shares.js";
import { judgeBits } from "./status.js";
import { normal } from "./trust.js";
import { Findings, judgeCertificate } from "./verify.js";

export const STEPS = ["inputs", "mass", "footprint", "claims"];
export const LEFT = ["mass.physics", "mass.flagged", "mass.capacity", "mass.flags-stated"];

/** Put together what all certificates of an issuance show of their run; each place has one digest, so no two views differ. */
function put(one, other) {
  if (one === null || other === null) return one ?? other;
  const known = (a, b) => a.map((each, at) => each ?? b[at]);
  const inputs = one.inputs.map((each, at) => (each === null || (each.source === null && other.inputs[at]) ? other.inputs[at] : each));
  return { ...one, inputs, inventory: known(one.inventory, other.inventory), outputs: known(one.outputs, other.outputs) };
}

/** The certificates that a subject stands on: used by its runs (`cited`), and those that it corrects. */
function ancestors(subject, certificates, paths) {
  const [above, cited, waiting] = [new Set(), new Set(), [subject.digest]];
  while (waiting.length) {
    const certificate = certificates.get(waiting.pop());
    if (certificate === undefined || above.has(certificate.digest)) continue;
    above.add(certificate.digest);
    for (const { upstream, by } of paths.consumed.values()) {
      if (by.view !== certificate.view) continue;
      cited.add(upstream.digest);
      waiting.push(upstream.digest);
    }
    waiting.push(certificate.record.follows?.certificate);
  }
  return { above, cited };
}

/**
 * Judge the rest of a bundle that `verify` has judged.
 *
 * @param {object} seen what `verify` returned under that name
 * @returns {Promise<{verdict: string, steps: object[], record: object[], left: string[], claims: object[]|null}>} `steps` are 7 to 10,
 *   `record` steps 1 to 6 of the others, `claims` what is known of the subject's claims, null where a table for them is not here
 */
export async function verifyWhole(seen) {
  const findings = new Findings(STEPS, 7);
  const record = new Findings();
  const of = (step) => (step > 6 ? findings : record);
  const both = { say: (step, ...found) => of(step).say(step, ...found), check: (step, act) => of(step).check(step, act) };
  const certificates = new Map(seen.records.filter((each) => each.t === "certificate").map((each) => [each.digest, each]));
  const views = new Map();
  for (const each of certificates.values()) {
    const issuance = toBase64url(each.issuance);
    views.set(issuance, put(views.get(issuance) ?? null, each.run));
  }
  for (const each of certificates.values()) {
    each.view = views.get(toBase64url(each.issuance));
    await judgeOther(each, seen, record);
  }
  const paths = new Paths(seen, both);
  const instruments = new Instruments(seen.trust, paths, findings, record);
  const left = new Set(LEFT);
  const [figures, claims] = [new Figures(findings, left), new Claims(findings, left, certificates)];
  const state = { paths, instruments, mass: new Mass(findings), figures, claims, findings, done: new Set(), earlier: new Map(), followers: new Map() };
  usedOnce(seen.records, findings);
  for (const each of seen.records) {
    const take = { split: () => paths.split(each), statement: () => takeStatement(each, paths, instruments), certificate: () => takeIn(each, state) };
    await findings.check(7, take[each.t]); // whatever is refused on the way fails, too
  }
  await concludePaths(paths, state.followers);
  instruments.conclude();
  await ownHoldings(seen, paths, findings);
  lotsOnce(certificates, paths, record);
  endings(paths, certificates, record);
  const cited = await judgeChain(seen, certificates, paths, record);
  const failed = findings.failed || record.failed;
  for (const found of [...findings.steps, ...record.steps]) found.result ??= "passed";
  const withdrawn = record.ended.has("status.withdrawn") || record.ended.has("status.suspended");
  const open = both.absent || record.steps.some((found) => found.result === "not-checked");
  const verdict = failed ? "do-not-rely" : withdrawn ? "withdrawn" : open ? "incomplete" : "genuine";
  const attestors = await attestorsOf(seen, certificates);
  const answers = seen.subject ? claims.answersOf(seen.subject, cited, attestors) : [];
  return { verdict, steps: findings.steps, record: record.steps, left: [...left], claims: answers };
}

/**
 * What finds the names of those who attest a scope of a certificate's run: accredited by the trust list, and no part of its chain.
 * When an attestation was logged, and whether it was withdrawn, is the server's word (step 11).
 */
async function attestorsOf({ lines, trust, now }, certificates) {
  const makers = [...certificates.values()].map(({ record }) => record.issuer.did);
  const words = [];
  for (const { attestation } of lines.filter(({ t }) => t === "attestation")) {
    const jws = parseJws(attestation, "vc+jwt");
    const { public: key, party } = trust.keys.get(jws.kid) ?? {};
    const { run, certificate, scopes, opinion, valid_until: until } = JSON.parse(jws.payload).oreprint;
    const may = party?.attests?.accreditation && !party.custodial && !makers.includes(party.did);
    if (!may || scopes.some((each) => !party.attests.scopes.includes(each))) continue;
    if (opinion !== "unmodified" || epoch(until) < now || !(await isGood(key, jws))) continue;
    words.push({ about: run ?? certificate, scopes, name: party.names[0].text });
  }
  const of = ({ digest, record }, scope) => words.filter(({ about, scopes }) => scopes.includes(scope) && [digest, record.run[0]["..."]].includes(about));
  return (certificate, scope) => [...new Set(of(certificate, scope).map(({ name }) => name))];
}

const isGood = (key, { signed, signature }) => verifyEd25519(key, signed, signature).then(() => true, () => false);

/** Steps 2 to 5 for a certificate; its signature counts for what is made of it. */
async function judgeOther(certificate, seen, record) {
  const own = new Findings();
  if (!certificate.logged) own.say(2, seen.heads.has(certificate.registry) ? "failed" : "not-checked", "log.included");
  await judgeCertificate(certificate, seen, own);
  const found = (step) => own.steps[step - 1].result;
  certificate.signed = found(4) === "passed" && !own.steps[2].codes.includes("issuer.key");
  for (const { step, result, codes } of own.steps) if (result !== null) for (const code of codes.length ? codes : [null]) record.say(step, result, code);
}

/** No mark stands in two entries. */
function usedOnce(records, findings) {
  const marks = new Map();
  for (const { logged: at } of records) {
    for (const mark of at?.entry.marks ?? []) {
      const [name, here] = [toBase64url(mark), `${at.origin} ${at.index}`];
      if ((marks.get(name) ?? here) !== here) findings.say(7, "failed", "inputs.used-once");
      marks.set(name, here);
    }
  }
}

async function takeStatement(line, paths, instruments) {
  if (line.logged && line.opened.value.issuance) instruments.undoes.set(toBase64url(line.issuance), line.opened.value.issuance);
  await paths.statement(line);
}

/** Take a certificate in, with what is shown of its run. */
async function takeIn(certificate, state) {
  const { instruments, mass, figures, claims, findings, earlier, followers } = state;
  const { record, digest } = certificate;
  certificate.predecessor = earlier.get(record.follows?.certificate) ?? null;
  earlier.set(digest, certificate);
  if (record.follows !== undefined) followers.set(record.follows.certificate, certificate);
  const named = (cited) => earlier.get(cited) ?? null;
  await instruments.clear(certificate);
  const { step, facility } = record.batch;
  const ownStep = record.origin.some((each) => each.step === step && each.country === facility.country && each.region === facility.region);
  findings.say(7, ownStep ? "passed" : "failed", ownStep ? null : "inputs.origin");
  mass.clear(record);
  await takeRun(certificate, named, state);
  await findings.check(9, () => figures.clear(certificate));
  await findings.check(10, () => claims.check(certificate, named));
}

/** Take a run in the first time that it is shown, or what a certificate says of one that is not. */
async function takeRun(certificate, named, { paths, instruments, mass, figures, findings, done }) {
  const { record, view } = certificate;
  if (view === null) {
    if (record.counts.inputs > 0) findings.say(7, "not-checked", "inputs.certificate");
    findings.say(8, "not-checked", "mass.elements");
    findings.say(9, "not-checked", "footprint.whole");
    if (certificate.logged) paths.conceal(certificate);
    return;
  }
  ownOutput(certificate, findings);
  const cited = view.inputs.map((input) => (input?.source ? named(input.source.certificate) : null)).filter((each) => each);
  findings.say(7, custodyHolds(record, cited) ? "passed" : "failed", custodyHolds(record, cited) ? null : "inputs.custody");
  if (done.has(view)) return;
  done.add(view);
  await findings.check(7, () => traceInputs(certificate, named, paths));
  await findings.check(8, () => mass.check(certificate, named));
  await findings.check(8, () => checkShares(certificate, named, findings));
  await findings.check(9, () => instruments.run(certificate, named));
  await findings.check(9, () => figures.check(certificate, named));
}

/** The reader's own holdings are of the subject, and unused. */
async function ownHoldings({ lines, records, subject }, paths, findings) {
  const used = new Set(records.flatMap(({ logged: at }) => (at?.entry.marks ?? []).map(toBase64url)));
  const lot = subject && [paths.first(toBase64url(subject.issuance)), subject.record.output];
  for (const { creator, holding } of lines.filter((line) => line.t === "holding")) {
    const own = await findings.check(7, () => paths.use(creator, holding));
    if (own === null) continue;
    const { root } = own.held;
    const hidden = root === null || root[1] === null;
    const holds = !used.has(own.mark) && lot !== null && (root === null || (root[0] === lot[0] && (hidden || root[1] === lot[1])));
    findings.say(7, !holds ? "failed" : hidden ? "not-checked" : "passed", holds && !hidden ? null : "inputs.holding");
    used.add(own.mark);
  }
}

/** A lot of a plant is one batch. */
function lotsOnce(certificates, paths, record) {
  const lots = new Map();
  for (const { record: told, issuance } of certificates.values()) {
    if (told.follows !== undefined && !certificates.has(told.follows.certificate)) continue;
    const lot = `${told.batch.facility.id} ${normal(told.batch.lot)}`;
    const root = `${paths.first(toBase64url(issuance))} ${told.output}`;
    const own = (lots.get(lot) ?? root) === root;
    lots.set(lot, root);
    record.say(5, own ? "passed" : "failed", own ? null : "record.lot");
  }
}

/** The issuer alone withdraws, suspends or lifts, at the certificate's own status place. */
function endings(paths, certificates, record) {
  for (const [digest, said] of paths.endings) {
    const ended = certificates.get(digest)?.record;
    for (const { signer, registry, ends } of ended ? said : []) {
      const own = signer === ended.issuer.did && registry === ended.registry && ends.list === ended.status.list && ends.index === ended.status.index;
      record.say(6, own ? "passed" : "failed", own ? null : "status.ended-by");
    }
  }
}

/** What has ended of the chain: what the subject stands on. Return what its runs used. */
async function judgeChain(seen, certificates, paths, record) {
  const { above, cited } = seen.subject ? ancestors(seen.subject, certificates, paths) : { above: new Set(), cited: new Set() };
  for (const [digest, certificate] of certificates) {
    if (certificate === seen.subject) continue;
    judgeBits(certificate.record, seen.lists, seen.records, record, (code) => {
      if (code === "status.superseded") record.say(6, cited.has(digest) ? "warning" : "passed", cited.has(digest) ? code : null);
      else if (above.has(digest)) record.end(code);
      else record.say(6, "warning", code);
    });
  }
  const places = [...certificates.values()].map(({ record: { registry, status } }) => `${registry} ${status.list} ${status.index}`);
  await record.check(6, () => need(new Set(places).size === places.length, "status.place"));
  if (seen.now >= epoch(seen.trust.listed.expires)) record.say(2, "not-checked", "log.trust-list");
  return cited;
}
