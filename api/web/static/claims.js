// Step 10 (ledger/verify/claims.py, ledger/claims): each answer to a claim done again, and what can be said of it with what is shown.
//
// The rules of claims are data (`CLAIMS` in tables.js); answers.js judges a run. Two questions: is what a certificate says what it had
// to say, and what is known of the subject's claims? The second is what a page tells.

import { countriesOf, disclosed, finding, judgeRun, ofBatch, stepsKnown, stepsOutside, strength, threshold, weakest } from "./answers.js";
import { Wrong } from "./bytes.js";
import { SCALE, divide, larger, milligrams, smaller, sum, trillionths, written } from "./exact.js";
import { NamedTables, Unjudged } from "./factor.js";
import { beyond } from "./logarithm.js";
import { isGoods } from "./mass.js";
import { CLAIMS, OXIDES, STAGE_OF_STEP, WINNING } from "./tables.js";

const OPEN = ["run-withheld", "inputs-withheld", "renewable-open"];
const MEMBERS = ["id", "element", "threshold", "countries", "baseline"];
const NEEDED = ["element", "countries", "threshold", "baseline"];
const isRare = (element) => element in OXIDES;

/** What an attestor must have examined, by what a claim rests on. */
const ATTESTED = { readings: "figure", places: "on-site" };

const statedOf = (row) => Object.fromEntries(MEMBERS.filter((name) => row[name] !== undefined).map((name) => [name, row[name]]));
const keyOf = ({ id, element = null, countries = null }) => JSON.stringify([id, element, countries]);
const behindLot = (found, lot) => ({ ...found, path: [lot, ...found.path] });
const first = (several) => several.find((each) => each !== null && each !== undefined) ?? null;
/** An answer as far as records alone decide it: what rests on readings or places is declared at best. */
const byRecords = (id, answer) => (answer === "proven" && (CLAIMS[id]?.rests ?? "records") !== "records" ? "declared" : answer);
const asStated = ({ answer, value }) => finding(answer, "as-stated", value === undefined ? null : trillionths(value));

// -- what may be claimed -------------------------------------------------------------------------------------------------

/** The claims that rows answer, each once. */
const statedIn = (rows) => [...new Map(rows.map((row) => [JSON.stringify(statedOf(row)), statedOf(row)])).values()];

/** Whether the rows answer known claims in exactly the scopes of their rules, in order, with their limits. */
function asRulesHaveIt(rows, stated) {
  const known = stated.every((each) => Object.hasOwn(CLAIMS, each.id) && (each.threshold !== undefined || CLAIMS[each.id].threshold === null));
  const due = known ? stated.flatMap(({ id }) => CLAIMS[id].scopes.map((scope) => `${id} ${scope}`)) : [];
  return known && due.join() === rows.map(({ id, scope }) => `${id} ${scope}`).join();
}

/** Whether a claim is one for this step, with the members that its rule leaves to the producer, and says anything. */
function faultless(stated, step) {
  const rule = CLAIMS[stated.id];
  const given = (name) => (name === "countries" ? stated.countries?.length > 0 : stated[name] !== undefined);
  const owed = (name) => rule.needs.includes(name) && name !== "baseline" && !(name === "threshold" && rule.threshold !== null);
  const members = NEEDED.every((name) => (given(name) ? rule.needs.includes(name) : !owed(name)));
  const limit = trillionths(stated.threshold ?? rule.threshold ?? "1");
  const empty = (rule.holds === ">= threshold" && limit === 0n) || (rule.judged === "intensity" && limit >= SCALE);
  return members && !empty && (rule.steps.length === 0 || rule.steps.includes(step));
}

// -- evidence ------------------------------------------------------------------------------------------------------------

/** Materials with rare earth from no certificate, and elements of scrap without one; the start of a chain has none. */
function uncertified({ step }, { lines }) {
  const begins = WINNING.includes(step) || STAGE_OF_STEP[step] === "recycling";
  const told = lines.filter(({ composition }) => composition.length > 0);
  const rare = begins ? [] : told.filter(({ composition }) => composition.some(([element]) => isRare(element)));
  const scrap = step === "scrap-collection" ? [] : told.filter(({ recycled }) => recycled !== undefined);
  return { materials: rare.length, scrap: new Set(scrap.flatMap(({ composition }) => composition.map(([element]) => element))) };
}

const recycledPart = ({ pre, post }) => trillionths(pre) + trillionths(post);
const placeholdersOf = ({ footprint }) => (footprint.placeholders ? finding("declared", "footprint-placeholders") : null);

/** The inputs of a run as its claims see them: electricity is told by the run's own lines. */
function linksOf({ record, view }) {
  if (view === null) return Array.from({ length: record.counts.inputs }, () => [null, 0n]);
  const goods = view.inputs.filter((input) => input === null || isGoods({ batch: input.value }));
  return goods.map((input) => (input?.source ? [input.source.certificate, milligrams(input.value.mass_kg)] : [null, 0n]));
}

const rareEarthIn = ({ composition }, mass) => sum(ofBatch(composition, mass).filter(([element]) => isRare(element)).map(([, part]) => part));

const NOTHING_BEHIND = { unseen: null, placeholder: null, scrap: new Map() };

/** An input: from what is known of its chain, or from its certificate alone. */
function branchOf(record, mass, known) {
  const stated = () => new Map(record.claims.filter(({ scope }) => scope === "chain").map((row) => [keyOf(row), asStated(row)]));
  return { record, lot: record.batch.lot, rare: rareEarthIn(record, mass), answers: known?.answers ?? stated(), behind: known?.behind ?? NOTHING_BEHIND };
}

// -- the answer of a chain -------------------------------------------------------------------------------------------------

/** The answer for the whole chain of a batch; `own` is that of its run. */
function chainFinding(stated, own, evidence) {
  const rule = CLAIMS[stated.id];
  const least = threshold(rule, stated);
  switch (rule.judged) {
    case "recycled":
    case "post-consumer":
      return recycled(rule, stated, least, evidence);
    case "footprint":
      return footprint(least, evidence);
    case "renewable":
      return renewable(least, stated, own, evidence);
    case "known":
      return shown(stepsKnown(evidence.record.origin), evidence);
    case "outside":
      return shown(stepsOutside(evidence.record.origin, countriesOf(rule, stated)), evidence);
    default:
      return { ...weakest([own, ...branches(stated, evidence)]), value: null };
  }
}

function branches(stated, { branches: inputs, roots }) {
  const ofInputs = inputs.map((branch) => {
    if (branch === null) return finding("unknown", "inputs-withheld");
    return behindLot(branch.answers.get(keyOf(stated)) ?? finding("unknown", "not-stated"), branch.lot);
  });
  return [...ofInputs, ...Array.from({ length: roots?.materials ?? 0 }, () => finding("unknown", "open-branch"))];
}

const unseen = ({ branches: inputs }) => inputs.filter((branch) => branch?.behind.unseen).map(({ behind, lot }) => behindLot(behind.unseen, lot));

/** An answer of the certificate itself is declared where anything of the chain is withheld. */
function shown(answer, evidence) {
  if (answer.answer !== "proven") return answer;
  return evidence.withheld ? finding("declared", evidence.withheld) : (first(unseen(evidence)) ?? answer);
}

function recycled(rule, stated, least, evidence) {
  const part = evidence.record.composition.find(({ element }) => element === stated.element);
  if (part === undefined) return finding("refuted", "no-element");
  const share = trillionths(part.post) + (rule.judged === "recycled" ? trillionths(part.pre) : 0n);
  if (share < least) return finding("refuted", "recycled-low", share);
  if (evidence.withheld) return finding("declared", evidence.withheld, share);
  const upstream = first(unsure(stated, evidence));
  if (upstream !== null) return finding("declared", upstream.reason, share, upstream.path);
  return evidence.roots.scrap.has(stated.element) ? finding("declared", "recycled-said", share) : finding("proven", "recycled", share);
}

/** The inputs whose certificate only declares the share, or whose share rests on scrap without a certificate. */
function unsure(stated, { branches: inputs }) {
  return inputs.filter((branch) => branch !== null).flatMap(({ record, answers, behind, lot }) => {
    const found = [];
    const answer = answers.get(keyOf(stated));
    if (["declared", "unknown"].includes(answer?.answer)) found.push(behindLot(answer, lot));
    const brings = record.composition.some((part) => part.element === stated.element && recycledPart(part) > 0n);
    const against = behind.scrap.get(stated.element) ?? behind.unseen;
    if (brings && against) found.push(behindLot(against, lot));
    return found;
  });
}

/** The smaller of the own share and the inputs' mean, by rare earth; bounds where one is not known. */
function renewable(least, stated, own, evidence) {
  if (own.value === null) return own;
  const findings = evidence.branches.map((branch) => branch && (branch.answers.get(keyOf(stated)) ?? null));
  const weights = evidence.branches.map((branch) => branch?.rare ?? 0n);
  const total = sum(weights);
  const mean = (otherwise) => divide(sum(findings.map((each, at) => (each?.value ?? otherwise) * weights[at])), total);
  const low = total ? smaller(own.value, mean(0n)) : own.value;
  const high = total ? smaller(own.value, mean(SCALE)) : own.value;
  if (high < least) return finding("refuted", "renewable-chain-low", high);
  if (low < least || evidence.withheld) return finding("unknown", "renewable-open", low);
  if (evidence.roots.materials) return finding("unknown", "open-branch", low);
  const answers = findings.map((each, at) => each && behindLot(each, evidence.branches[at].lot)).filter((each) => each);
  const open = [own, ...answers].filter(({ answer }) => ["declared", "unknown"].includes(answer));
  return open.length ? { ...weakest(open), value: low } : finding("proven", "renewable-chain", low);
}

function footprint(limit, evidence) {
  const { footprint: figures } = evidence.record;
  const value = larger(trillionths(figures.per_kg.location), trillionths(figures.per_kg.market));
  const told = larger(value, 0n);
  if (value >= limit) return finding("refuted", "footprint-high", told);
  if (evidence.withheld) return finding("declared", evidence.withheld, told);
  if (value <= 0n || !beyond(value, limit, trillionths(figures.quality.variance))) return finding("declared", "footprint-close", told);
  if (figures.placeholders) return finding("declared", "footprint-placeholders", value);
  if (evidence.roots.materials) return finding("declared", "open-branch", value);
  const inputs = evidence.branches.map(({ record, behind, lot }) => {
    const against = placeholdersOf(record) ?? behind.placeholder;
    return against && behindLot(against, lot);
  });
  return first([...inputs, ...unseen(evidence)]) ?? finding("proven", "footprint-below", value);
}

// -- all certificates ------------------------------------------------------------------------------------------------------

export class Claims {
  constructor(findings, left, certificates) {
    Object.assign(this, { findings, left, certificates, judged: new Map(), links: new Map(), unsure: false });
  }

  require(code, holds) {
    this.findings.say(10, holds ? "passed" : "failed", holds ? null : code);
    return holds;
  }

  /** Judge the claims of a certificate; `named` finds one that came before. */
  check(certificate, named) {
    const { record, view, digest } = certificate;
    const stated = statedIn(record.claims);
    if (record.claims.length > 0) {
      const once = new Set(stated.map(keyOf)).size === stated.length;
      const holds = asRulesHaveIt(record.claims, stated) && once && stated.every((each) => faultless(each, record.batch.step));
      if (!this.require("claims.stated", holds)) return;
    }
    this.links.set(digest, linksOf(certificate));
    const cited = view?.inputs.map((input) => (input?.source ? named(input.source.certificate) : null));
    const whole = view !== null && ![...view.inventory, ...view.outputs, ...cited].includes(null);
    if (!whole) {
      if (stated.length) this.findings.say(10, "not-checked", "claims.answered");
    } else if (!this.judgeRun(certificate, stated, cited, named)) {
      return;
    }
    this.compare(certificate, stated, named);
  }

  /** Keep what a run says of the claims; false where a table that it takes is not here. */
  judgeRun(certificate, stated, cited, named) {
    const { view, digest } = certificate;
    const tables = new NamedTables(view.value.factor_sets, view.value.gwp);
    if (tables.own.length > 0) this.unjudged(); // without the table Python takes such a run as withheld
    try {
      const run = disclosed(certificate, cited, tables);
      const own = stated.map((each) => judgeRun(CLAIMS[each.id], each, run, named));
      this.judged.set(digest, { own, roots: uncertified(view.value, view.inventory[0]) });
      return true;
    } catch (error) {
      if (error instanceof Wrong) return this.require("claims.stated", false);
      if (!(error instanceof Unjudged)) throw error;
      this.findings.say(10, "not-checked", "claims.answered");
      this.unjudged();
      return false;
    }
  }

  unjudged() {
    this.unsure = true;
    this.left.add("claims.answered").add("claims.stated");
  }

  /** Hold each row to the answer done again; where something is withheld, none says more than what is shown allows. */
  compare({ record, digest }, stated, named) {
    const whole = this.judged.has(digest);
    const again = this.again(digest, record, stated, named, null);
    const stating = (id, answer) => (record.footprint.engine === "1" ? answer : byRecords(id, answer));
    for (const [at, row] of record.claims.entries()) {
      const { finding: found } = again[at];
      const value = found.value === null ? undefined : written(found.value);
      const same = stating(row.id, found.answer) === row.answer && value === row.value;
      const elsewhere = row.baseline?.certificate !== undefined && named(row.baseline.certificate) === null;
      const rests = elsewhere && found.reason === "baseline-said" && value === row.value;
      const holds = whole ? same || rests : stating(row.id, row.answer) === row.answer && (OPEN.includes(found.reason) || strength(found) >= strength(row));
      this.require("claims.answered", holds);
    }
  }

  /** The answers in the order of the rows, by what the certificates of the inputs state, or by what is `known` of them. */
  again(digest, record, stated, named, known) {
    const judged = this.judged.get(digest);
    const branched = this.links.get(digest).map(([cited, mass]) => {
      const found = cited === null ? null : named(cited);
      return found && branchOf(found.record, mass, known && (known.get(cited) ?? NOTHING));
    });
    const roots = judged?.roots ?? null;
    const withheld = roots === null ? "run-withheld" : branched.includes(null) ? "inputs-withheld" : null;
    const evidence = { record, roots, branches: branched, withheld };
    return stated.flatMap((each, at) => {
      const own = judged?.own[at] ?? finding("declared", "run-withheld");
      return CLAIMS[each.id].scopes.map((scope) => ({ scope, finding: scope === "run" ? own : chainFinding(each, own, evidence) }));
    });
  }

  /**
   * What is known of the claims of the subject; null where a table of its chain is not here. `above` are the others of its chain, and
   * `attestors` finds who attests a scope of a certificate: what rests on readings or places may be told as their word.
   */
  answersOf(subject, above, attestors) {
    const { record, digest } = subject;
    if (this.unsure) return null;
    if (record.claims.length === 0 || !this.links.has(digest)) return [];
    const known = new Map();
    for (const [each, certificate] of this.certificates) {
      if (!this.links.has(each) || !above.has(each)) continue;
      const { record: upstream } = certificate;
      const rows = this.known(each, upstream, known).map((found, at) => [upstream.claims[at], found]).filter(([{ scope }]) => scope === "chain");
      known.set(each, { answers: new Map(rows.map(([row, found]) => [keyOf(row), found])), behind: this.behind(each, upstream, known) });
    }
    const found = this.known(digest, record, known);
    const goods = [...above].map((each) => this.certificates.get(each)).filter((each) => each && isGoods(each.record));
    const by = (id, scope) => {
      const names = (scope === "run" ? [subject] : [subject, ...goods]).map((each) => attestors(each, ATTESTED[CLAIMS[id].rests]));
      return names.every((each) => each.length > 0) ? [...new Set(names.flat())] : [];
    };
    return record.claims.map(({ id, scope, answer: said }, at) => {
      const { answer, reason, path } = found[at];
      const alone = byRecords(id, answer);
      return { id, scope, said, answer: alone, by: alone === answer ? [] : by(id, scope), reason, path: [record.batch.lot, ...path] };
    });
  }

  known(digest, record, known) {
    const named = (cited) => this.certificates.get(cited) ?? null;
    const again = this.again(digest, record, statedIn(record.claims), named, known).map(({ finding: found }) => found);
    return record.claims.map((row, at) => (this.judged.has(digest) ? this.since(row, again[at]) : weakest([again[at], asStated(row)])));
  }

  /** An answer that rests on an earlier certificate whose run is not shown is declared. */
  since({ baseline }, found) {
    const rests = found.answer === "proven" && baseline !== undefined && !this.judged.has(baseline.certificate);
    return rests ? finding("declared", "baseline-said", found.value) : found;
  }

  /** What keeps figures from being proven, in a certificate or further up, the nearest of each kind. */
  behind(digest, record, known) {
    const [links, judged] = [this.links.get(digest), this.judged.get(digest)];
    const above = links.filter(([cited]) => known.has(cited)).map(([cited]) => [this.certificates.get(cited).record.batch.lot, known.get(cited).behind]);
    const of = (name) => above.filter(([, behind]) => behind[name]).map(([lot, behind]) => behindLot(behind[name], lot));
    const hidden = [judged ? null : finding("declared", "run-withheld"), above.length < links.length ? finding("declared", "inputs-withheld") : null];
    const open = judged?.roots.materials ? finding("declared", "open-branch") : null;
    const scrap = new Map(above.flatMap(([lot, behind]) => [...behind.scrap].map(([element, found]) => [element, behindLot(found, lot)])));
    for (const part of judged ? record.composition : []) {
      if (judged.roots.scrap.has(part.element) && recycledPart(part)) scrap.set(part.element, finding("declared", "recycled-said"));
    }
    return { unseen: first([...hidden, ...of("unseen")]), placeholder: first([placeholdersOf(record), open, ...of("placeholder")]), scrap };
  }
}

const NOTHING = { answers: new Map(), behind: { unseen: finding("declared", "inputs-withheld"), placeholder: null, scrap: new Map() } };
