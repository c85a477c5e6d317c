// Step 9, to the last digit: lines x factors, what each input brings, the whole shared out among all outputs, a certificate's totals.
//
// As ledger/verify/figures.py and ledger/footprint/engine.py. What a table decides that this browser doesn't have is left to the
// server, which `left` says.

import { ownAside, brought as besideOf, joined as joinedAside, parsedRows, sealed, sealedRows } from "./aside.js";
import { MILLION, SCALE, ZERO, alike, allocate, both, divide, into, milligrams, nothing, pair, plus, sameMaps, sameRows, shared, trillionths, written } from "./exact.js";
import { NamedTables, Unjudged } from "./factor.js";
import { inOrder, ownIndicators } from "./indicators.js";
import { OwnLines, UPTAKE, checkResults } from "./lines.js";
import { isGoods, oxideMass } from "./mass.js";
import { same } from "./paths.js";
import { parsedSpread, varianceOfSpread } from "./quality.js";
import { ENGINES, GUARDED, OXIDES, STAGE_OF_STEP } from "./tables.js";

const OF_TABLES = ["factors", "recomputed", "whole", "indicators", "quality", "beside", "clear"].map((name) => `footprint.${name}`);

const known = (told) => (told === undefined ? null : pair(told));
const sameOrNone = (one, other) => (one === null || other === null ? one === other : alike(one, other));
const part = (figures, mass, net) => both((at) => divide(figures[at] * mass, net));

/** Rows of two words and two figures as a Map; what is 0 in both columns counts as left out, as where figures are computed. */
const parsed = (rows) => new Map(rows.map(([one, two, location, market]) => [`${one} ${two}`, [trillionths(location), trillionths(market)]]));
const vector = (rows) => new Map(rows.map(([name, amount]) => [name, trillionths(amount)]));
const sameVector = (one, other) => sameMaps(one, other, (a, b) => a === b);

function without0(rows, isNothing) {
  return new Map([...rows].filter(([, value]) => !isNothing(value)));
}

/** kg CO2e of rows, rounded once for each column. */
function co2e(rows, gwp) {
  const sums = [...rows].reduce((total, [key, figures]) => plus(total, both((at) => figures[at] * gwp(key.split(" ")[1]))), ZERO);
  return both((at) => divide(sums[at], SCALE));
}

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

export class Figures {
  constructor(findings, left) {
    Object.assign(this, { findings, left, redone: new Map(), steps: new Map() });
  }

  require(code, holds) {
    this.findings.say(9, holds ? "passed" : "failed", holds ? null : code);
    return holds;
  }

  withheld(code) {
    this.findings.say(9, "not-checked", code);
  }

  /** Judge something; what needs a table that is not here is left to the server. */
  judged(act) {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof Unjudged)) throw error;
      this.withheld("footprint.factors");
      for (const code of OF_TABLES) this.left.add(code);
      return null;
    }
  }

  /** Judge a run: its terms, what its inputs bring, its lines, and the shares of its outputs. */
  check(certificate, named) {
    const { view } = certificate;
    const run = view.value;
    const tables = new NamedTables(run.factor_sets, run.gwp);
    const cited = view.inputs.map((input) => (input?.source ? named(input.source.certificate) : null));
    const shown = { whole: !view.inventory.includes(null), sources: view.inputs.every((input) => input?.source), cited };
    this.terms(run);
    this.require("footprint.factors", tables.atHand);
    if (tables.own.length > 0) this.left.add("footprint.factors"); // who has the table can compare the lines' own results with it
    const upstream = told(run.upstream, run.upstream_alternative, run.upstream_indicators, run.upstream_reference, run.upstream_left_out);
    this.judged(() => this.contributions(view, upstream, cited, tables.gwp));
    const lines = this.judged(() => this.lines(certificate, tables, shown));
    this.judged(() => this.further(certificate, tables, shown));
    const shares = this.judged(() => this.shares(run, upstream, tables, lines));
    if (shown.whole && shown.sources && lines !== null && shares) this.redone.set(view, { ...shares, placeholders: lines.placeholders });
    if (shares) this.steps.set(view, shares.steps);
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

  contributions({ value: run, inputs }, upstream, cited, gwp) {
    const found = [];
    for (const [number, input] of inputs.entries()) {
      if (!input?.source) continue;
      const { source, value } = input;
      const brought = told(source.rows, source.alternative, source.indicators, source.reference, source.left_out);
      found.push(brought);
      if (cited[number] === null) continue;
      const { record } = cited[number];
      const mass = milligrams(value.mass_kg);
      const due = contribution(record, mass);
      const terms = record.footprint.gwp === run.gwp && record.footprint.allocation === run.allocation.method;
      const once = brought.rows.size === source.rows.length;
      const beside = !GUARDED.includes(run.engine) || same(source.beside, sealed(besideOf(record, mass, milligrams(record.batch.net_mass_kg))));
      this.require("footprint.contribution", (terms || !isGoods(record)) && once && sameContribution(brought, due) && beside);
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

  /** Redo the lines of the groups that are shown; where all are shown, and all sources, the quality of the figures too. */
  lines({ view, record }, tables, { whole, sources }) {
    const { value: run, inputs } = view;
    const groups = view.inventory.filter((group) => group !== null);
    checkResults(groups, tables);
    const lines = new OwnLines(groups, tables, siteOf(record, run), run.engine);
    const names = groups.map(({ group }) => group);
    const declared = parsed(run.own);
    const shown = whole ? declared : new Map([...declared].filter(([key]) => names.includes(key.split(" ")[0])));
    this.require("footprint.recomputed", sameRows(lines.rows, shown) && declared.size === run.own.length);
    if (!whole) this.withheld("footprint.recomputed");
    if (!whole || !sources) {
      this.withheld("footprint.quality");
      return lines;
    }
    for (const { source } of inputs) {
      const rows = [...parsed(source.rows)];
      const brings = rows.reduce((total, [key, [location]]) => total + location * tables.gwp(key.split(" ")[1]), 0n);
      lines.weighing.inherit(brings, source.quality, source.certificate);
    }
    this.require("footprint.quality", same(run.quality, lines.weighing.quality()));
    return lines;
  }

  /** Redo the run's own other indicators, and what stands beside its figure. */
  further({ view, record }, tables, { whole, cited }) {
    const { value: run, inputs, inventory } = view;
    const groups = inventory.filter((group) => group !== null);
    const found = ownIndicators(groups, tables);
    const stated = vector(run.own_indicators);
    const least = [...found.vector].every(([name, amount]) => (stated.get(name) ?? 0n) >= amount);
    this.require("footprint.indicators", whole ? sameVector(stated, found.vector) : least);
    const shown = cited.filter((each) => each !== null);
    const partial = new Set([...found.partial, ...shown.flatMap((each) => each.record.indicators.partial)]);
    if (!whole || shown.length < cited.length) for (const name of run.partial) partial.add(name);
    this.require("footprint.indicators", same(run.partial, inOrder(partial)));
    if (!GUARDED.includes(run.engine)) {
      this.require("footprint.beside", run.beside === undefined);
    } else if (!whole || shown.length < cited.length) {
      this.withheld("footprint.beside");
    } else {
      const parts = cited.map((each, at) => besideOf(each.record, milligrams(inputs[at].value.mass_kg), milligrams(each.record.batch.net_mass_kg)));
      const due = joinedAside([ownAside(groups, tables, siteOf(record, run).year, run.excluded), ...parts]);
      this.require("footprint.beside", same(run.beside, sealed(due)));
    }
  }

  /** Share the whole out among all outputs once more: figures of all outputs equal the whole, to the last digit. */
  shares(run, upstream, tables, lines) {
    const { gwp } = tables;
    const { method, mass_key: key } = run.allocation;
    const declared = weights(run.made, method, key);
    const lone = declared !== null && declared.filter((weight) => weight > 0n).length === 1;
    const other = lone ? declared : weights(run.made, method === "mass" ? "economic" : "mass", key);
    if (!this.require("footprint.allocation", declared !== null && other !== null)) return null;
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
    const leftOut = this.leftOut(run, upstream, co2e(whole, gwp)[0], declared, tables);
    const beside = new Map([...parsedRows(run.beside?.rows ?? [])].map(([name, figures]) => [name, shared(figures, declared)]));
    for (const [number, made] of run.made.entries()) {
      const figures = parsed(made.rows);
      const asideRows = sealedRows(new Map([...beside].map(([name, parts]) => [name, parts[number]])));
      const holds =
        figures.size === made.rows.length && sameRows(figures, rows[number]) && alike(pair(made.alternative), alternatives[number]) &&
        sameOrNone(known(made.reference), references[number]) && trillionths(made.left_out ?? "0") === leftOut[number] &&
        (!GUARDED.includes(run.engine) || same(made.beside, asideRows));
      this.require("footprint.whole", holds);
      const due = without0(new Map([...indicators].map(([name, parts]) => [name, parts[number]])), (amount) => amount === 0n);
      this.require("footprint.indicators", sameVector(vector(made.indicators), due));
    }
    const steps = allocate(ownCo2e[0], method === "mass" ? declared : other).map((part, at) => divide(part * MILLION, milligrams(run.made[at].net_mass_kg)));
    return { steps, totals: rows.map((each) => co2e(each, gwp)), scope1: allocate(lines?.scope1 ?? 0n, declared), scope2: shared(lines?.scope2 ?? ZERO, declared) };
  }

  references(run, upstream, ownCo2e, gwp, instead) {
    const byReference = referenceWeights(run.made);
    if (byReference === null && upstream.reference === null) return run.made.map(() => null);
    const economic = run.allocation.method === "economic" ? co2e(upstream.rows, gwp) : upstream.alternative;
    return shared(plus(ownCo2e, upstream.reference ?? economic), byReference ?? instead);
  }

  /** The parts of the most that exclusions leave out: an amount x a factor, or a share of the whole. */
  leftOut(run, upstream, whole, weighed, tables) {
    const bounded = run.excluded.filter(({ kind, share, amount }) => kind === "bounded" || (kind === undefined && (share ?? amount) !== undefined));
    let total = upstream.leftOut;
    for (const { share = "0", amount, factor } of GUARDED.includes(run.engine) ? bounded : []) {
      total += divide(whole * trillionths(share), SCALE);
      if (amount === undefined || factor === undefined) continue;
      const each = tables.factor(factor).values.reduce((kg, [gas, mass]) => kg + mass * tables.gwp(gas), 0n);
      total += divide(trillionths(amount) * each, SCALE * SCALE);
    }
    return total ? allocate(total, weighed) : weighed.map(() => 0n);
  }

  /** A certificate's totals match its rows, its scopes those of its run where all of it is shown, and its figure per kg its net mass. */
  clear({ record, view }) {
    const { batch, footprint: figures } = record;
    this.require("footprint.terms", ENGINES.includes(figures.engine));
    this.require("footprint.beside", (figures.beside !== undefined) === GUARDED.includes(figures.engine));
    this.clearQuality(figures);
    const rows = parsed(figures.rows);
    const total = this.judged(() => co2e(rows, new NamedTables(figures.factor_sets, figures.gwp).gwp));
    if (total === null) return;
    const each = both((at) => divide(total[at] * MILLION, milligrams(batch.net_mass_kg)));
    const [first, second, third] = [trillionths(figures.scope_1), pair(figures.scope_2), pair(figures.scope_3)];
    const holds =
      rows.size === figures.rows.length && figures.alternative.method !== figures.allocation && alike(pair(figures.total_kg_co2e), total) &&
      alike(pair(figures.per_kg), each) && alike(plus(second, third), both((at) => total[at] - first));
    const step = this.steps.get(view)?.[record.output];
    const ownStep = figures.own_step === undefined ? !GUARDED.includes(figures.engine) : GUARDED.includes(figures.engine) && trillionths(figures.own_step) === (step ?? trillionths(figures.own_step));
    this.require("footprint.clear", holds && ownStep);
    const redone = this.redone.get(view);
    if (redone === undefined) return;
    const own = (parts) => parts[record.output];
    this.require("footprint.clear", alike(own(redone.totals), total) && own(redone.scope1) === first && alike(own(redone.scope2), second) && redone.placeholders === figures.placeholders);
  }

  /** A variance is the sum of its parts, which the guarded engines state, sorted by key. */
  clearQuality({ quality, engine }) {
    const spread = parsedSpread(quality);
    const guarded = GUARDED.includes(engine);
    const keys = (spread?.shared ?? []).map(([key]) => key);
    const whole = ![quality.measured_share, quality.word].includes(undefined);
    const holds = spread === null ? !guarded : guarded && whole && quality.variance === written(varianceOfSpread(spread)) && same(keys, [...new Set(keys)].sort());
    this.require("footprint.quality", holds);
  }
}

const siteOf = ({ batch: { facility } }, { period, step, engine }) => ({ place: facility.region ?? facility.country, year: Number(period.end.slice(0, 4)), step: GUARDED.includes(engine) ? step : "" });
