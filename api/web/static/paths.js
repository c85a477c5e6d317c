// Step 7: each input from its holding back to its batch, by splits, moves and undos (ledger/verify/paths.py, inputs.py).

import { bigEndian, digestBytes, equal, fromBase64url, need, sha256, toBase64url, utf8 } from "./bytes.js";
import { verify as verifyEd25519 } from "./ed25519.js";
import { milligrams } from "./exact.js";
import { epoch } from "./form.js";
import { openHolding } from "./seal.js";
import { CUSTODY } from "./tables.js";

const TIME_ZONE_MS = 14 * 60 * 60 * 1000;
const REPEATED = ["run", "facility", "step", "stage", "period", "gwp", "allocation", "inputs", "outputs", "producer", "registry"];
const FIXED = ["net_mass_kg", "elements", "certified", "allocated", "price", "holding"];

const encoded = async (...parts) => toBase64url(await sha256(...parts));
export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const inOrder = (earlier, later) => earlier.entry.time <= later.entry.time;
const marksOf = ({ entry }) => entry.marks.map(toBase64url).sort();
const bitsOf = ({ entry }) => entry.changes.map(({ list, index, purpose, value }) => `${list} ${index} ${purpose} ${value}`).sort();
const bitsDue = (ends, purpose) => ends.filter((end) => end).map(({ list, index }) => `${list} ${index} ${purpose} 1`).sort();
export const successor = (issuance) => encoded(utf8("oreprint successor v1\n"), fromBase64url(issuance));

/** Every holding seen to be created; `hidden` are issuances whose run is withheld. All digests are texts in base64url. */
export class Paths {
  constructor(seen, findings) {
    const listed = new Set(seen.trust.listed.registries.map(({ id }) => id));
    const unknown = new Set(seen.records.filter(({ registry }) => !listed.has(registry)).map(({ issuance }) => toBase64url(issuance)));
    Object.assign(this, { seen, findings, unknown, created: new Map(), hidden: new Map(), issued: new Map(), undone: new Set(), consumed: new Map(), endings: new Map() });
  }

  async require(code, holds) {
    this.findings.say(7, holds ? "passed" : "failed", holds ? null : code);
    return holds;
  }

  withheld(code) {
    this.findings.say(7, "not-checked", code);
  }

  /** Something that is promised is not here. */
  lacks(code) {
    this.withheld(code);
    this.findings.absent = true;
    return null;
  }

  async use(creator, holding) {
    const holder = openHolding(holding);
    let held = this.created.get(creator)?.get(await encoded(utf8(holding)));
    if (held === undefined && this.hidden.has(creator)) {
      held = this.hidden.get(creator).held;
      this.withheld("inputs.path");
    }
    // what was created in a registry that the trust list doesn't name, nobody can follow
    if (held === undefined && this.unknown.has(creator)) return this.lacks("inputs.path");
    if (!(await this.require("inputs.path", held !== undefined))) return null;
    const kept = [undefined, holder.owner].includes(held.owner) && [undefined, holder.registry].includes(held.registry);
    await this.require("inputs.split-keeps", kept);
    return { holder, held, mark: await encoded(utf8("oreprint mark v1\n"), fromBase64url(creator), utf8(holding)) };
  }

  /** Keep what a record created; two holdings of one text in one record could not be told apart. */
  async create(digest, holdings) {
    const known = new Map(holdings);
    if (await this.require("inputs.path", known.size === holdings.length)) this.created.set(digest, known);
  }

  async home(used, at, registry) {
    await this.require("inputs.home", used.holder.registry === registry);
    await this.require("inputs.time-order", inOrder(used.held.at, at));
  }

  async alone(used, at, registry) {
    await this.home(used, at, registry);
    await this.require("inputs.mark", same(marksOf(at), [used.mark]));
    await this.require("inputs.bits", at.entry.changes.length === 0);
  }

  async keepsMass(code, used, mass) {
    if (used.held.mass === null) this.withheld(code);
    else await this.require(code, used.held.mass === mass);
  }

  async split({ opened, issuance, logged: at, registry }) {
    const used = await this.use(opened.uses.creator, opened.uses.holding);
    if (at === null || used === null) return;
    await this.alone(used, at, registry);
    const pieces = opened.parts.map((part) => ({ mass: milligrams(part.mass_kg), holding: part.holding }));
    await this.keepsMass("inputs.split-sum", used, pieces.reduce((sum, { mass }) => sum + mass, 0n));
    const { owner, registry: kept } = used.holder;
    const made = pieces.map(({ mass, holding }) => [holding, { mass, root: used.held.root, at, owner, registry: kept }]);
    await this.create(toBase64url(issuance), made);
  }

  async statement(line) {
    const { opened, logged: at, registry } = line;
    if (at === null) return;
    await this.require("inputs.registry", opened.value.registry === registry);
    const kind = opened.value.oreprint.split("/")[0];
    if (kind === "move") await this.move(line);
    else if (kind === "undo") await this.undo(line);
    else await this.status(line, kind);
  }

  /** Whether this party signed a statement with a key that was valid then and may sign such a statement. */
  async signed(code, { jws }, signer, kind, at, step = 7) {
    await this.findings.check(step, async () => {
      const key = this.seen.trust.keys.get(jws.kid);
      need(key && at.entry.time >= key.since && at.entry.time < key.until, code);
      await verifyEd25519(key.public, jws.signed, jws.signature);
      need(key.party.did === signer && key.party.statements.includes(kind), code);
    });
  }

  async move({ opened, issuance, logged: at, registry }) {
    const { uses, creates, to_registry: to } = opened.value;
    const used = await this.use(uses.creator, uses.holding);
    if (used === null) return;
    await this.alone(used, at, registry);
    await this.signed("inputs.move-signed", opened, used.holder.owner, "move", at);
    const mass = milligrams(creates.mass_kg);
    await this.keepsMass("inputs.move-mass", used, mass);
    await this.create(toBase64url(issuance), [[creates.holding, { mass, root: used.held.root, at, registry: to }]]);
  }

  async undo({ opened, issuance: digest, logged: at, registry }) {
    const { issuance, uses, returns, ends } = opened.value;
    this.undone.add(issuance);
    const undone = this.issued.get(issuance) ?? this.hidden.get(issuance);
    if (!(await this.require("inputs.undo-all", undone !== undefined))) return;
    await this.require("inputs.successor-home", registry === undone.registry);
    await this.signed("inputs.undo-signed", opened, undone.producer, "undo", at);
    const marks = [await successor(issuance)];
    for (const each of uses) {
      const used = await this.use(each.creator, each.holding);
      if (used === null) continue;
      await this.home(used, at, registry);
      await this.require("inputs.owner", used.holder.owner === undone.producer);
      marks.push(used.mark);
    }
    await this.require("inputs.mark", same(marksOf(at), [...marks].sort()));
    await this.require("inputs.undo-ends", await this.ends(ends, undone.values));
    await this.require("inputs.bits", same(bitsOf(at), bitsDue(ends, "revocation")));
    const roots = await this.givenBack(uses, returns, undone);
    const made = returns.map((part, number) => [part.holding, { mass: milligrams(part.mass_kg), root: roots[number] ?? null, at }]);
    await this.create(toBase64url(digest), made);
  }

  /** An undo uses all outputs of the run and returns its inputs, as far as they are shown; the batches it returns. */
  async givenBack(uses, returns, undone) {
    if (undone.holdings === undefined) {
      this.withheld("inputs.undo-all");
      return [];
    }
    const whole = [];
    for (const each of uses) whole.push([each.creator, await encoded(utf8(each.holding))]);
    await this.require("inputs.undo-all", same(whole, undone.holdings.map(([held]) => [undone.first, held])));
    const alike = returns.length === undone.inputs.length && returns.every((part, at) => [null, milligrams(part.mass_kg)].includes(undone.inputs[at].mass));
    await this.require("inputs.undo-same", alike);
    if (undone.inputs.some(({ mass }) => mass === null)) this.withheld("inputs.undo-same");
    return undone.inputs.map(({ root }) => root);
  }

  async status({ opened, logged: at, registry }, kind) {
    const { ends } = opened.value;
    const purpose = kind === "withdraw" ? "revocation" : "suspension";
    await this.require("inputs.bits", same(bitsOf(at), [`${ends.list} ${ends.index} ${purpose} ${kind === "lift" ? 0 : 1}`]));
    await this.require("inputs.mark", at.entry.marks.length === 0);
    const signer = opened.jws.kid.split("#")[0];
    await this.signed("issuer.key", opened, signer, kind, at, 3);
    const ending = { kind, signer, registry, ends, at };
    this.endings.set(ends.certificate, [...(this.endings.get(ends.certificate) ?? []), ending]);
  }

  /** Whether `ended` names every certificate of an issuance of these values, in output order. */
  async ends(ended, values) {
    const told = [];
    for (const end of ended.filter((each) => each)) {
      const digest = digestBytes(end.certificate);
      told.push(await encoded(utf8("oreprint certificate v1\n"), digest, bigEndian(end.list, 4), bigEndian(end.index, 4)));
    }
    return same(told, values.filter((value) => value.some((byte) => byte !== 0)).map(toBase64url));
  }

  first(issuance) {
    return this.hidden.get(issuance)?.held.root?.[0] ?? this.issued.get(issuance)?.first ?? issuance;
  }

  /** Take in an issuance whose run is withheld. */
  conceal({ record, values, logged: at, issuance }) {
    const digest = toBase64url(issuance);
    if (this.issued.has(digest)) return;
    const followed = record.follows?.record;
    const first = followed === undefined ? digest : this.first(followed);
    const marks = followed === undefined ? marksOf(at) : (this.hidden.get(followed)?.marks ?? []);
    this.hidden.set(digest, { producer: record.issuer.did, registry: record.registry, values, held: { mass: null, root: [first, null], at }, marks });
  }
}

/** Whether a certificate belongs to an output of its run, and both describe it alike. */
export function ownOutput({ record, view }, findings) {
  const run = view.value;
  const [made, output] = [run.made[record.output], view.outputs[record.output]];
  const { batch, footprint: figures, indicators } = record;
  const beside = run.beside && { ...run.beside, rows: made.beside ?? [] };
  const pairs = [
    [run.facility, batch.facility.id], [run.step, batch.step], [run.period, batch.produced], [run.gwp, figures.gwp],
    [run.electricity, figures.electricity], [run.engine, figures.engine], [run.profile, figures.method],
    [made.rows, figures.rows], [made.alternative, figures.alternative.total_kg_co2e], [run.factor_sets, figures.factor_sets],
    [run.allocation.method, figures.allocation], [made.reference, figures.reference], [made.left_out, figures.left_out],
    [made.indicators, indicators.rows], [run.partial, indicators.partial], [run.quality, figures.quality], [beside, figures.beside],
    [made.net_mass_kg, batch.net_mass_kg],
  ];
  if (output !== null) {
    pairs.push([output.lot, batch.lot], [output.kind, batch.kind], [output.product, batch.product], [output.composition, record.composition], [output.origin, record.origin]);
  }
  const say = (code, holds) => findings.say(7, holds ? "passed" : "failed", holds ? null : code);
  say("inputs.issuer", run.producer === record.issuer.did);
  say("inputs.registry", run.registry === record.registry);
  say("inputs.output", pairs.every(([one, other]) => same(one, other)));
}

/** The inputs of a run and its entry; `named` finds a certificate that came before. */
export async function traceInputs(certificate, named, paths) {
  const { record, view, logged: at } = certificate;
  const run = view.value;
  const digest = toBase64url(certificate.issuance);
  const known = [];
  const before = run.follows && paths.issued.get(run.follows.record);
  const repeats = before && same(before.run.inputs, run.inputs);
  for (const [number, input] of view.inputs.entries()) {
    const root = input?.source ? await traceSource(input, number, certificate, named, paths, repeats ? before.inputs[number].root : undefined) : null;
    if (!input?.source) paths.withheld("inputs.certificate");
    known.push({ mass: input ? milligrams(input.value.mass_kg) : null, root });
  }
  if (at === null) return;
  await paths.require("inputs.time-order", epoch(`${run.period.end}T00:00:00Z`) <= at.entry.time + TIME_ZONE_MS);
  const holdings = run.made.map((made) => [made.holding, milligrams(made.net_mass_kg)]);
  const issued = { first: digest, producer: run.producer, registry: run.registry, run, values: certificate.values, holdings, inputs: known };
  if (run.follows !== undefined) {
    await follow(certificate, issued, digest, paths);
    return;
  }
  const own = view.inputs.filter((input) => input).map((input) => input.value.mark);
  await paths.require("inputs.used-once", new Set(own).size === own.length);
  const marks = view.inputs.length ? own : [await encoded(utf8("oreprint run v1\n"), fromBase64url(view.digest))];
  const due = Math.max(1, view.inputs.length) + (record.instrument ? 1 : 0);
  const found = marksOf(at);
  await paths.require("inputs.entry-marks", found.length === due && marks.every((mark) => found.includes(mark)));
  await paths.require("inputs.bits", at.entry.changes.length === 0);
  if (await paths.require("inputs.producer-signed", certificate.signed)) {
    paths.issued.set(digest, issued);
    paths.hidden.delete(digest);
    await paths.create(digest, holdings.map(([holding, mass], number) => [holding, { mass, root: [digest, number], at }]));
  }
}

async function traceSource({ value: taken, source }, number, certificate, named, paths, before) {
  const { view, logged: at } = certificate;
  const run = view.value;
  const cited = named(source.certificate);
  if (cited === null) return paths.lacks("inputs.certificate");
  const { batch } = cited.record;
  await paths.require("inputs.as-cited", taken.kind === batch.kind && taken.material === batch.description);
  const mass = milligrams(taken.mass_kg);
  paths.consumed.set(`${toBase64url(certificate.issuance)} ${number}`, { upstream: cited, by: certificate, number, mass });
  if (before !== undefined) return before;
  await paths.require("inputs.time-order", batch.produced.start <= run.period.end);
  const used = await paths.use(source.creator, source.holding);
  if (used === null) return null;
  const root = [paths.first(toBase64url(cited.issuance)), source.output];
  const says = [source.run, source.output, source.registry, source.supplier];
  let alike = same(says, [cited.record.run[0]["..."], cited.record.output, cited.record.registry, cited.record.issuer.did]);
  const of = used.held.root;
  if (of === null || of[1] === null) {
    paths.withheld("inputs.root");
    alike &&= of === null || of[0] === root[0];
  } else {
    alike &&= same(of, root);
  }
  await paths.require("inputs.root", alike);
  await paths.keepsMass("inputs.mass", used, mass);
  await paths.require("inputs.owner", used.holder.owner === run.producer);
  await paths.require("inputs.home", used.holder.registry === run.registry);
  await paths.require("inputs.mark", used.mark === taken.mark);
  if (at !== null) await paths.require("inputs.time-order", inOrder(used.held.at, at));
  return of;
}

/** A correction repeats the production, ends the former certificates, and creates nothing. */
async function follow(certificate, issued, digest, paths) {
  const { logged: at, view } = certificate;
  const { follows } = view.value;
  await paths.require("inputs.entry-marks", same(marksOf(at), [await successor(follows.record)]));
  await paths.require("inputs.bits", same(bitsOf(at), bitsDue(follows.ends, "refresh")));
  const [old, hidden] = [paths.issued.get(follows.record), paths.hidden.get(follows.record)];
  const known = old ?? hidden;
  if (!(await paths.require("inputs.first-run", known !== undefined))) return;
  await paths.require("inputs.successor-home", certificate.registry === known.registry);
  await paths.require("inputs.follows-ends", await paths.ends(follows.ends, known.values));
  if (old === undefined) {
    paths.lacks("inputs.first-run");
    paths.conceal(certificate);
    return;
  }
  await paths.require("inputs.first-run", follows.first_run === old.first);
  const fixed = (run) => [REPEATED.map((name) => run[name]), run.made.map((made) => FIXED.map((name) => made[name]))];
  await paths.require("inputs.follows-repeats", same(fixed(old.run), fixed(view.value)));
  paths.issued.set(digest, { ...issued, first: old.first });
}

/** No batch is of a stronger model of custody than what it was made of. */
export function custodyHolds(record, cited) {
  const weakest = Math.max(0, ...cited.map((each) => CUSTODY.indexOf(each.record.custody)));
  return CUSTODY.indexOf(record.custody) >= weakest;
}

/** Of no batch more was taken than there was of it, and none had ended before it was used. */
export async function concludePaths(paths, followers) {
  const taken = new Map();
  const counted = new Set();
  const undone = new Set([...paths.undone].map((issuance) => paths.first(issuance)));
  for (const { upstream, by, number, mass } of paths.consumed.values()) {
    await paths.require("inputs.source-ended", stood(upstream, firstOf(by), paths, followers));
    const first = paths.first(toBase64url(by.issuance));
    if (undone.has(first) || counted.has(`${first} ${number}`)) continue;
    counted.add(`${first} ${number}`);
    const root = `${paths.first(toBase64url(upstream.issuance))} ${upstream.record.output}`;
    taken.set(root, (taken.get(root) ?? 0n) + mass);
    await paths.require("inputs.batch", taken.get(root) <= milligrams(upstream.record.batch.net_mass_kg));
  }
}

const firstOf = (certificate) => {
  let first = certificate;
  while (first.predecessor) first = first.predecessor;
  return first;
};

/** Whether a batch was in force when a run used it: not withdrawn, not corrected, and not suspended. */
function stood(upstream, first, paths, followers) {
  const at = first.logged;
  if (at === null) return true;
  const after = followers.get(upstream.digest);
  if (after?.logged && !inOrder(at, after.logged)) return false;
  const before = (paths.endings.get(upstream.digest) ?? []).filter((ending) => !inOrder(at, ending.at));
  before.sort((one, other) => one.at.entry.time - other.at.entry.time || one.at.index - other.at.index);
  const kinds = before.map(({ kind }) => kind);
  return !kinds.includes("withdraw") && kinds.filter((kind) => kind !== "withdraw").at(-1) !== "suspend";
}
