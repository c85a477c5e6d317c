// How good figures are (ledger/footprint/quality.py, line_quality.py, uncertainty.py): scores, primary shares, and their uncertainty.

import { SCALE, divide, larger, root, size, sum, trillionths, written } from "./exact.js";
import {
  AGES, BASIC, BURNT, COMPLETENESS, GUARDED, GUESSED, LN2, NOT_CARBON_DIOXIDE, NO_FACTOR, PRIMARY, PURCHASED, READ, RELIABILITY, SOURCE, SPREADS, UNCERTAINTY,
} from "./tables.js";

const WORST = [5, 5, 5, 5, 5];
const UNSPLIT = "unsplit";
const RATING = 10n ** 6n;

/** ln^2 GSD2 of uncertainty factors that multiply. */
const varianceOf = (factors) => sum(factors.map((factor) => BigInt(LN2[factor])));

// -- one line ----------------------------------------------------------------------------------------------------------

function appraisal(primary, scores, basic, key, worst = 5) {
  const factors = UNCERTAINTY.map((row, at) => row[scores[at] - 1]);
  const variance = varianceOf([basic, ...factors]);
  let amount = variance;
  if (key !== null) amount = worst === 5 ? 0n : varianceOf(scores[0] <= worst ? factors.slice(1, 2) : factors.slice(0, 2));
  const points = BigInt(scores.reduce((total, score) => total + score, 0));
  return { primary: primary ? SCALE : 0n, rating: points * (RATING / 5n), variance, scores, amount, key };
}

/** The scores that count: those stated, though never better than what can be seen. */
function effective(stated, seen) {
  if (stated === undefined) return seen;
  const given = [...stated].map(Number);
  return given.map((score, at) => ([0, 2, 3].includes(at) ? Math.max(score, seen[at]) : score));
}

const ofTime = (year, produced) => (year === null ? 5 : 1 + AGES.filter((age) => Math.abs(produced - year) >= age).length);

function ofPlace(geography, plant) {
  const country = plant.slice(0, 2);
  if (geography === plant) return 1;
  if (geography === country || geography.startsWith(`${country}-GRID-`)) return 2;
  return geography === "GLO" || geography.slice(0, 2) === country ? 3 : 4;
}

/** The quality of a line with a factor, null for one that is not public; `kind` is its evidence, basic uncertainty and key. */
function appraise({ basis, pedigree }, { evidence, basic, key }, factor, site) {
  if (factor === null) {
    const primary = evidence === "supplied" && PRIMARY.includes(basis);
    if (pedigree === undefined) return appraisal(primary, WORST, basic, key);
    return appraisal(primary, effective(pedigree, [RELIABILITY[basis], 1, 1, 1, 1]), basic, key, 1);
  }
  const { status } = factor;
  const whole = key.includes(":") ? key : `${key}:${factor.flow}`;
  if (status === "placeholder") return appraisal(false, WORST, basic, whole);
  const method = status === "method";
  const seen = [
    Math.max(RELIABILITY[basis], SOURCE[status]), COMPLETENESS[basis], method ? 1 : ofTime(factor.year, site.year),
    method ? 1 : ofPlace(factor.geography, site.place), factor.quality,
  ];
  return appraisal(evidence !== "general" && PRIMARY.includes(basis), effective(pedigree, seen), basic, whole, SOURCE[status]);
}

/** The quality of a line whose amount, if nobody read it, has at least the spread of its usual range in the step. */
function inRange(quality, { basis }, name, { step }) {
  const wide = SPREADS[step]?.[name];
  if (wide === undefined || !GUESSED.includes(basis)) return quality;
  const amount = BigInt(LN2[wide]);
  return amount <= quality.amount ? quality : { ...quality, variance: quality.variance - quality.amount + amount, amount };
}

export function lineQuality(group, use, factor, site) {
  let evidence = use.supplied ? "supplied" : "general";
  let basic = group === "transport" ? BASIC.TRANSPORT : BASIC.GOODS;
  if (group === "fuels" && factor !== null) {
    if (BURNT.includes(factor.boundary) || PURCHASED.includes(factor.boundary)) evidence = "own";
    if (factor.values.every(([gas]) => NOT_CARBON_DIOXIDE.includes(gas))) basic = BASIC.OTHER_GAS;
  }
  const found = appraise(use.line, { evidence, basic, key: group }, factor, site);
  const name = group === "materials" ? found.key : group;
  if (!use.proxied) return inRange(found, use.line, name, site);
  // technology scores 5, as of another substance
  const like = appraisal(found.primary > 0n, [...found.scores.slice(0, 4), 5], BASIC.GOODS, found.key);
  return inRange({ ...like, amount: found.amount }, use.line, name, site);
}

export function powerQuality(line, factor, site, engine) {
  const key = factor.set === null ? "electricity" : `grid:${factor.geography.slice(0, 2)}:${factor.set}`;
  const basic = factor.set !== null && GUARDED.includes(engine) ? BASIC.GRID : BASIC.GOODS;
  return inRange(appraise(line, { evidence: "own", basic, key }, factor, site), line, "electricity", site);
}

/** The quality of a direct emission; `factor` is undefined where it was not determined by one. */
export function emissionQuality(line, gas, factor, site) {
  const basic = NOT_CARBON_DIOXIDE.includes(gas) ? BASIC.OTHER_GAS : BASIC.CO2;
  if (factor !== undefined) return inRange(appraise(line, { evidence: "general", basic, key: "direct" }, factor, site), line, `direct:${gas}`, site);
  const reliability = RELIABILITY[line.basis];
  const seen = [reliability, COMPLETENESS[line.basis], 1, 1, reliability];
  return inRange(appraisal(PRIMARY.includes(line.basis), effective(line.pedigree, seen), basic, null), line, `direct:${gas}`, site);
}

// -- a run -------------------------------------------------------------------------------------------------------------

/** The parts of a sealed variance; null for one of engine 1, which has none. */
export function parsedSpread({ shared, amounts }) {
  if (shared === undefined || amounts === undefined) return null;
  return { shared: shared.map(([key, part]) => [key, trillionths(part)]), amounts: trillionths(amounts) };
}

export function varianceOfSpread({ shared, amounts }) {
  const apart = shared.filter(([key]) => key !== UNSPLIT);
  const parts = divide(sum(apart.map(([, part]) => part * part)), SCALE) + amounts;
  const unsplit = sum(shared.filter(([key]) => key === UNSPLIT).map(([, part]) => part));
  if (unsplit === 0n) return parts;
  const whole = root(parts * SCALE) + unsplit;
  return divide(whole * whole, SCALE);
}

const byCodePoint = ([one], [other]) => (one < other ? -1 : 1); // keys are ASCII

function spreadOf(lines, inputs, total) {
  const [used, roots, drawn] = [new Map(), new Map(), new Map()];
  let amounts = 0n;
  for (const { co2e, quality } of lines) {
    amounts += co2e * co2e * quality.amount;
    if (quality.key === null) continue;
    const [whole, most] = used.get(quality.key) ?? [0n, 0n];
    used.set(quality.key, [whole + co2e, larger(most, quality.variance - quality.amount)]);
  }
  for (const [key, [whole, most]] of used) roots.set(key, whole * root(most * SCALE));
  for (const { co2e, certificate, variance, spread } of inputs) {
    const parts = spread === null ? [[UNSPLIT, root(variance * SCALE)]] : spread.shared;
    for (const [key, part] of parts) roots.set(key, (roots.get(key) ?? 0n) + co2e * part);
    if (spread !== null) drawn.set(certificate, [(drawn.get(certificate)?.[0] ?? 0n) + co2e, spread.amounts]);
  }
  for (const [whole, amount] of drawn.values()) amounts += whole * whole * amount;
  const parts = [...roots].sort(byCodePoint).map(([key, part]) => [key, divide(part, total)]);
  return { shared: parts.filter(([, part]) => part !== 0n), amounts: divide(amounts, total * total) };
}

const [CERTIFIED, METERED, DOCUMENTED, USUAL, PLACEHOLDER] = [0, 1, 2, 3, 4]; // the places in `measured_share`

/** What holds a line: its place in `measured_share`, and whether that is the producer's word alone. */
export function heldBy({ basis, meter, proof, method }, { hidden, placeholder }) {
  const documented = [meter, proof, method?.document].some((paper) => paper !== undefined);
  let place = documented ? DOCUMENTED : USUAL;
  if (READ.includes(basis)) place = METERED;
  return { place: placeholder || hidden ? PLACEHOLDER : place, word: hidden || place === USUAL };
}

const ALL = [SCALE, SCALE];
const NONE = [0n, 0n];
const bounds = (told) => told && told.map(trillionths);

/** The quality of a run, from its lines and inputs, by the rules of an engine. */
export class Weighing {
  constructor(engine) {
    Object.assign(this, { guarded: GUARDED.includes(engine), lines: [], inputs: [] });
  }

  /** Add a line: kg CO2e, its quality, whether amount and factor are both primary, whether the factor is not public, and what holds it. */
  add(co2e, quality, primary, hidden, { place, word }) {
    const said = word ? [[quality.key ?? NO_FACTOR, SCALE]] : [];
    this.lines.push({ co2e: size(co2e), quality, pact: primary ? ALL : NONE, withheld: hidden ? ALL : NONE, place, said, primary: quality.primary, rating: quality.rating, variance: quality.variance });
  }

  /** Add an input: the kg CO2e that it brings, and the quality in its certificate. */
  inherit(co2e, told, certificate) {
    const primary = trillionths(told.primary_share);
    this.inputs.push({
      co2e: size(co2e), certificate, primary, rating: trillionths(told.rating) / RATING, variance: trillionths(told.variance),
      place: CERTIFIED, said: told.word?.map(([key, part]) => [key, trillionths(part)]) ?? [[UNSPLIT, SCALE]],
      spread: parsedSpread(told), pact: bounds(told.pact) ?? [0n, primary], withheld: bounds(told.withheld) ?? [0n, SCALE],
    });
  }

  /** The quality as it is sealed. */
  quality() {
    const parts = [...this.lines, ...this.inputs];
    const total = sum(parts.map(({ co2e }) => co2e));
    const mean = (of, otherwise = 0n) => (total ? divide(sum(parts.map((each) => each.co2e * of(each))), total) : otherwise);
    const share = (name) => [0, 1].map((end) => written(mean((each) => each[name][end])));
    const found = { primary_share: written(mean(({ primary }) => primary)), rating: written(mean(({ rating }) => rating, 5n * RATING) * RATING) };
    if (!this.guarded) {
      const independent = total ? divide(sum(parts.map(({ co2e, variance }) => co2e * co2e * variance)), total * total) : 0n;
      return { ...found, variance: written(independent) };
    }
    const places = [CERTIFIED, METERED, DOCUMENTED, USUAL, PLACEHOLDER].map((at) => written(mean(({ place }) => (place === at ? SCALE : 0n))));
    const said = new Map();
    for (const each of parts) for (const [key, part] of each.said) said.set(key, (said.get(key) ?? 0n) + each.co2e * part);
    const word = total ? [...said].sort(byCodePoint).map(([key, whole]) => [key, divide(whole, total)]).filter(([, part]) => part !== 0n) : [];
    const spread = total ? spreadOf(this.lines, this.inputs, total) : { shared: [], amounts: 0n };
    return {
      ...found, variance: written(varianceOfSpread(spread)), shared: spread.shared.map(([key, part]) => [key, written(part)]),
      amounts: written(spread.amounts), pact: share("pact"), withheld: share("withheld"),
      measured_share: places, word: word.map(([key, part]) => [key, written(part)]),
    };
  }
}
