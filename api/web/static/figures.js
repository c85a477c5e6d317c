// Step 9, to the last digit: what each input brings, the whole shared out among all outputs, and a certificate's totals.
//
// As ledger/verify/figures.py and ledger/footprint/engine.py. What needs the factor tables, the run's own lines, is the server's.

import { MILLION, SCALE, allocate, divide, milligrams, trillionths } from "./exact.js";
import { isGoods, oxideMass } from "./mass.js";
import { same } from "./paths.js";
import { ENGINES, GUARDED, GWP, OXIDES, STAGE_OF_STEP } from "./tables.js";

const UPTAKE = ["CO2-biogenic", "CO2-land-use"];
const ZERO = [0n, 0n];

const pair = ({ location, market }) => [trillionths(location), trillionths(market)];
const both = (act) => [act(0), act(1)];
const plus = (one, other) => both((at) => one[at] + other[at]);
const alike = (one, other) => one[0] === other[0] && one[1] === other[1];
const known = (told) => (told === undefined ? null : pair(told));
const sameOrNone = (one, other) => (one === null || other === null ? one === other : alike(one, other));
const part = (figures, mass, net) => both((at) => divide(figures[at] * mass, net));

/** Rows of two words and two figures as a Map; what is 0 in both columns counts as left out, as where figures are computed. */
const parsed = (rows) => new Map(rows.map(([one, two, location, market]) => [`${one} ${two}`, [trillionths(location), trillionths(market)]]));
const vector = (rows) => new Map(rows.map(([name, amount]) => [name, trillionths(amount)]));

function sameMaps(one, other, equal) {
  return one.size === other.size && [...one].every(([key, value]) => other.has(key) && equal(value, other.get(key)));
}

const sameRows = (one, other) => sameMaps(one, other, alike);
const sameVector = (one, other) => sameMaps(one, other, (a, b) => a === b);

function into(sums, key, figures) {
  sums.set(key, plus(sums.get(key) ?? ZERO, figures));
}

function without0(rows, isNothing) {
  return new Map([...rows].filter(([, value]) => !isNothing(value)));
}

const nothing = ([location, market]) => location === 0n && market === 0n;

/** kg CO2e of rows, rounded once for each column. */
function co2e(rows, gwp) {
  const sums = [...rows].reduce((total, [key, figures]) => plus(total, both((at) => figures[at] * gwp(key.split(" ")[1]))), ZERO);
  return both((at) => divide(sums[at], SCALE));
}

const weightsOf = (set) => (gas) => BigInt(GWP.weights[set][gas]);

/** What a mass taken of a batch brings to a run: each figure x mass taken / net mass, rounded once. */
function contribution({ footprint, indicators, batch }, mass) {
  const net = milligrams(batch.net_mass_kg);
  const rows = new Map([...parsed(footprint.rows)].map(([key, figures]) => [key, part(figures, mass, net)]));
  const reference = known(footprint.reference);
  return {
    rows: without0(rows, nothing),
    alternative: part(pair(footprint.alternative.total_kg_co2e), mass, net),
    indicators: without0(new Map([...vector(indicators.rows)].map(([name, amount]) => [name, divide(amount * mass, net)])), (amount) => amount === 0n),
    reference: reference && part(reference, mass, net),
    leftOut: footprint.left_out === undefined ? 0n : divide(trillionths(footprint.left_out) * mass, net),
  };
}

const told = (rows, alternative, indicators, reference, leftOut) => ({
  rows: parsed(rows),
  alternative: pair(alternative),
  indicators: vector(indicators),
  reference: known(reference),
  leftOut: trillionths(leftOut ?? "0"),
});

const sameContribution = (one, other) =>
  sameRows(one.rows, other.rows) && alike(one.alternative, other.alternative) && sameOrNone(one.reference, other.reference) && one.leftOut === other.leftOut;

function joined(inputs, method, gwp) {
  const sums = { rows: new Map(), alternative: ZERO, indicators: new Map(), reference: null, leftOut: 0n };
  const carried = inputs.some(({ reference }) => reference !== null);
  for (const input of inputs) {
    for (const [key, figures] of input.rows) into(sums.rows, key, figures);
    for (const [name, amount] of input.indicators) sums.indicators.set(name, (sums.indicators.get(name) ?? 0n) + amount);
    sums.alternative = plus(sums.alternative, input.alternative);
    sums.leftOut += input.leftOut;
    const stood = input.reference ?? (method === "economic" ? co2e(input.rows, gwp) : input.alternative);
    if (carried) sums.reference = plus(sums.reference ?? ZERO, stood);
  }
  sums.rows = without0(sums.rows, nothing);
  return sums;
}

/** The outputs' weights under a method; 0 for one without a share, 1 for the only one; null where none has any. */
function weights(made, method, key) {
  const sharing = made.filter(({ allocated }) => allocated);
  if (sharing.length === 1) return made.map(({ allocated }) => (allocated ? 1n : 0n));
  const rare = (element, mass) => {
    if (OXIDES[element] === undefined) return 0n;
    return key === "REO" ? oxideMass(element, mass) : mass;
  };
  const weigh = ({ elements, net_mass_kg: net, price }) =>
    method === "mass"
      ? elements.reduce((total, [element, mass]) => total + rare(element, trillionths(mass)), 0n)
      : milligrams(net) * trillionths(price ?? "0");
  const found = made.map((each) => (each.allocated ? weigh(each) : 0n));
  return found.some((weight) => weight > 0n) ? found : null;
}

function referenceWeights(made) {
  const found = made.map((each) => (each.allocated ? milligrams(each.net_mass_kg) * trillionths(each.reference_price ?? "0") : 0n));
  return found.some((weight) => weight > 0n) ? found : null;
}

function shared(figures, weighed) {
  const columns = both((at) => allocate(figures[at], weighed));
  return weighed.map((_, number) => both((at) => columns[at][number]));
}

export class Figures {
  constructor(findings) {
    this.findings = findings;
  }

  require(code, holds) {
    this.findings.say(9, holds ? "passed" : "failed", holds ? null : code);
    return holds;
  }

  withheld(code) {
    this.findings.say(9, "not-checked", code);
  }

  /** Judge a run: its terms, what its inputs bring, and the shares of its outputs. */
  check({ view }, named) {
    const run = view.value;
    this.terms(run);
    this.withheld("footprint.recomputed"); // the own lines need the factor tables
    if (!run.factor_sets.some(({ name, digest }) => name === "gwp" && digest === GWP.digest)) {
      this.withheld("footprint.factors");
      return;
    }
    const gwp = weightsOf(run.gwp);
    const upstream = told(run.upstream, run.upstream_alternative, run.upstream_indicators, run.upstream_reference, run.upstream_left_out);
    this.contributions(view, upstream, named, gwp);
    this.shares(run, upstream, gwp);
  }

  terms(run) {
    this.require("footprint.terms", run.stage === STAGE_OF_STEP[run.step] && ENGINES.includes(run.engine));
    const sharing = run.made.filter(({ allocated }) => allocated);
    const free = run.made.filter(({ allocated }) => !allocated);
    const bare = !free.some(({ elements }) => elements.some(([element]) => element in OXIDES));
    const priced = sharing.length === 1 || (run.allocation.prices !== undefined && sharing.every(({ price }) => trillionths(price ?? "0") > 0n));
    this.require("footprint.allocation", sharing.length > 0 && bare && priced);
    const negative = run.own.some(([group, gas, ...figures]) => figures.some((each) => each.startsWith("-")) && group !== "credits" && !UPTAKE.includes(gas));
    this.require("footprint.negative", !negative);
  }

  contributions({ value: run, inputs }, upstream, named, gwp) {
    const found = [];
    for (const input of inputs) {
      if (!input?.source) continue;
      const { source, value } = input;
      const brought = told(source.rows, source.alternative, source.indicators, source.reference, source.left_out);
      found.push(brought);
      const cited = named(source.certificate);
      if (cited === null) continue;
      const { record } = cited;
      const due = contribution(record, milligrams(value.mass_kg));
      const terms = record.footprint.gwp === run.gwp && record.footprint.allocation === run.allocation.method;
      const once = brought.rows.size === source.rows.length;
      this.require("footprint.contribution", (terms || !isGoods(record)) && once && sameContribution(brought, due));
      this.require("footprint.indicators", sameVector(brought.indicators, due.indicators));
      this.require("footprint.quality", same(source.quality, record.footprint.quality));
    }
    if (found.length < inputs.length) {
      this.withheld("footprint.contribution");
      return;
    }
    const total = joined(found, run.allocation.method, gwp);
    this.require("footprint.recomputed", upstream.rows.size === run.upstream.length && sameContribution(upstream, total));
    this.require("footprint.indicators", sameVector(upstream.indicators, total.indicators));
  }

  /** Share the whole out among all outputs once more: figures of all outputs equal the whole, to the last digit. */
  shares(run, upstream, gwp) {
    const { method, mass_key: key } = run.allocation;
    const declared = weights(run.made, method, key);
    const lone = declared !== null && declared.filter((weight) => weight > 0n).length === 1;
    const other = lone ? declared : weights(run.made, method === "mass" ? "economic" : "mass", key);
    if (!this.require("footprint.allocation", declared !== null && other !== null)) return;
    const own = new Map([...parsed(run.own)].filter(([name]) => !name.startsWith("credits ")));
    const ownCo2e = co2e(own, gwp);
    const whole = new Map(upstream.rows);
    for (const [name, figures] of own) into(whole, `${run.stage} ${name.split(" ")[1]}`, figures);
    const rows = run.made.map(() => new Map());
    for (const [name, figures] of without0(whole, nothing)) {
      for (const [number, each] of shared(figures, declared).entries()) if (!nothing(each)) rows[number].set(name, each);
    }
    const alternatives = shared(plus(ownCo2e, upstream.alternative), other);
    const references = this.references(run, upstream, ownCo2e, gwp, method === "economic" ? declared : other);
    const further = vector(run.own_indicators);
    for (const [name, amount] of upstream.indicators) further.set(name, (further.get(name) ?? 0n) + amount);
    const indicators = new Map([...further].map(([name, amount]) => [name, allocate(amount, declared)]));
    const leftOut = this.leftOut(run, upstream, co2e(whole, gwp)[0], declared);
    const beside = new Map((run.beside?.rows ?? []).map(([name, location, market]) => [name, shared([trillionths(location), trillionths(market)], declared)]));
    for (const [number, made] of run.made.entries()) {
      const figures = parsed(made.rows);
      const holds =
        figures.size === made.rows.length && sameRows(figures, rows[number]) && alike(pair(made.alternative), alternatives[number]) &&
        sameOrNone(known(made.reference), references[number]) && (leftOut === null || trillionths(made.left_out ?? "0") === leftOut[number]);
      this.require("footprint.whole", holds);
      const own_ = without0(new Map([...indicators].map(([name, parts]) => [name, parts[number]])), (amount) => amount === 0n);
      this.require("footprint.indicators", sameVector(vector(made.indicators), own_));
      if (GUARDED.includes(run.engine)) {
        const due = without0(new Map([...beside].map(([name, parts]) => [name, parts[number]])), nothing);
        const stated = new Map((made.beside ?? []).map(([name, location, market]) => [name, [trillionths(location), trillionths(market)]]));
        this.require("footprint.whole", made.beside !== undefined && sameRows(stated, due));
      }
    }
  }

  references(run, upstream, ownCo2e, gwp, instead) {
    const byReference = referenceWeights(run.made);
    if (byReference === null && upstream.reference === null) return run.made.map(() => null);
    const economic = run.allocation.method === "economic" ? co2e(upstream.rows, gwp) : upstream.alternative;
    return shared(plus(ownCo2e, upstream.reference ?? economic), byReference ?? instead);
  }

  /** The parts of what exclusions leave out; null where a bound needs the factor tables. */
  leftOut(run, upstream, whole, weighed) {
    const bounded = run.excluded.filter(({ kind, share, amount }) => kind === "bounded" || (kind === undefined && (share ?? amount) !== undefined));
    const guarded = GUARDED.includes(run.engine) ? bounded : [];
    if (guarded.some(({ amount, factor }) => amount !== undefined && factor !== undefined)) {
      this.withheld("footprint.whole");
      return null;
    }
    const total = guarded.reduce((sum, { share }) => sum + (share === undefined ? 0n : divide(whole * trillionths(share), SCALE)), upstream.leftOut);
    return total ? allocate(total, weighed) : weighed.map(() => 0n);
  }

  /** A certificate's totals match its rows, its scopes its totals, and its figure per kg its net mass. */
  clear({ batch, footprint: figures }) {
    this.require("footprint.terms", ENGINES.includes(figures.engine));
    this.require("footprint.beside", (figures.beside !== undefined) === GUARDED.includes(figures.engine));
    if (!figures.factor_sets.some(({ name, digest }) => name === "gwp" && digest === GWP.digest)) {
      if (figures.rows.length) this.withheld("footprint.factors");
      return;
    }
    const rows = parsed(figures.rows);
    const total = co2e(rows, weightsOf(figures.gwp));
    const each = both((at) => divide(total[at] * MILLION, milligrams(batch.net_mass_kg)));
    const [first, second, third] = [trillionths(figures.scope_1), pair(figures.scope_2), pair(figures.scope_3)];
    const scopes = both((at) => total[at] - first);
    const holds =
      rows.size === figures.rows.length && figures.alternative.method !== figures.allocation && alike(pair(figures.total_kg_co2e), total) &&
      alike(pair(figures.per_kg), each) && alike(plus(second, third), scopes);
    this.require("footprint.clear", holds);
  }
}
