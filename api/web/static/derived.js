// Figures of the page that follow from a record alone: its 95 % range, its bars, its figure by each method, and the published range.

import { SCALE, divide, milligrams, MILLION, sum, trillionths, written } from "./exact.js";
import { span } from "./logarithm.js";
import { GWP, OXIDES, RANGES, ROUTES } from "./tables.js";

/** The figures of a record by the names that the page has for them, as texts. */
export function derived(record) {
  const { batch, footprint, indicators, composition } = record;
  const net = milligrams(batch.net_mass_kg);
  const perKg = (number) => written(divide(number * MILLION, net));
  const found = new Map();
  const variance = trillionths(footprint.quality.variance);
  const range = span(trillionths(footprint.per_kg.location), variance);
  if (range !== null) for (const [at, end] of ["low", "high"].entries()) found.set(end, written(range[at]));
  if (range !== null) found.set("gsd2", written(span(SCALE, variance)[1]));
  bars(footprint, perKg, found);
  for (const [name, amount] of indicators.rows) found.set(`lot ${name}`, amount).set(`kg ${name}`, perKg(trillionths(amount)));
  for (const [at, { pre, post }] of composition.entries()) found.set(`recycled ${at}`, written(trillionths(pre) + trillionths(post)));
  const [own, other] = footprint.allocation === "economic" ? ["declared-prices", "mass"] : ["mass", "declared-prices"];
  const totals = [[own, footprint.total_kg_co2e], [other, footprint.alternative.total_kg_co2e], ["reference-prices", footprint.reference]];
  for (const [method, total] of totals) if (total !== undefined) found.set(`method ${method}`, perKg(trillionths(total.location)));
  found.set("total", footprint.total_kg_co2e.location).set("other", footprint.alternative.total_kg_co2e.location);
  if (footprint.left_out !== undefined) found.set("left-out", perKg(trillionths(footprint.left_out)));
  return published(record, found);
}

function bars({ rows, gwp }, perKg, found) {
  const weighed = rows.map(([stage, gas, location]) => [stage, gas, trillionths(location) * BigInt(GWP[gwp][gas])]);
  for (const [kind, place] of [["stage", 0], ["gas", 1]]) {
    const words = new Set(weighed.map((row) => row[place]));
    const sums = [...words].map((word) => [word, divide(sum(weighed.filter((row) => row[place] === word).map((row) => row[2])), SCALE)]);
    const whole = sum(sums.map(([, amount]) => amount)) || 1n;
    for (const [word, amount] of sums) found.set(`${kind} ${word}`, perKg(amount)).set(`${kind}-part ${word}`, written(divide(amount * SCALE, whole)));
  }
}

/** The routes of a batch, the closest first; from half of recycled rare earth on, that of recycled goods. */
function routesOf({ composition, origin }) {
  const rare = composition.filter(({ element }) => element in OXIDES);
  const whole = sum(rare.map(({ fraction }) => trillionths(fraction)));
  const recycled = sum(rare.map(({ fraction, pre, post }) => trillionths(fraction) * (trillionths(pre) + trillionths(post))));
  if (whole && 2n * divide(recycled, whole) >= SCALE) return ["recycled-short-loop"];
  return [...Object.keys(ROUTES).filter((step) => origin.some((each) => each.step === step)).map((step) => ROUTES[step]), "any-primary"];
}

/** Add the published range of the product that a record names; for one that names none, only the server chooses. */
function published(record, found) {
  const { product } = record.batch;
  if (product === undefined) return found;
  const ranges = RANGES.filter(({ products }) => products.includes(product));
  const range = routesOf(record).map((route) => ranges.find(({ routes }) => routes.includes(route))).find((each) => each);
  return range === undefined ? found : found.set("published-low", range.low).set("published-high", range.high).set("studies", range.studies);
}
