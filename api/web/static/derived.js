// Figures of the page that follow from a record alone: its 95 % range, its bars, its figure by each method, and the published range.

import { SCALE, divide, milligrams, MILLION, sum, trillionths, written } from "./exact.js";
import { span } from "./logarithm.js";
import { oxideMass } from "./mass.js";
import { GWP, OXIDES, PRODUCTS, RANGES, ROUTES, TRACE } from "./tables.js";

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

/** The products as which a batch counts: the one that it names, or those of its kind and step that its composition fits. */
function productsOf({ batch: { product, kind, step }, composition }) {
  if (product !== undefined) return [product];
  const parts = new Map(composition.map(({ element, fraction }) => [element, trillionths(fraction)]));
  const rare = [...parts].filter(([element]) => element in OXIDES);
  const shares = { RE: sum(rare.map(([, part]) => part)), REO: sum(rare.map(([element, part]) => oxideMass(element, part))) };
  const share = (what) => shares[what] ?? parts.get(what) ?? 0n;
  const inside = ([what, low, high]) => share(what) >= BigInt(low) && share(what) <= BigInt(high);
  const fits = ({ mandatory, windows }) => mandatory.every((element) => share(element) >= BigInt(TRACE)) && windows.every(inside);
  return PRODUCTS.filter((each) => each.kind === kind && each.steps.includes(step) && fits(each)).map(({ id }) => id);
}

/** Add the published range of the closest route, where there is one and no other. */
function published(record, found) {
  const products = productsOf(record);
  const ranges = RANGES.filter((range) => range.products.some((each) => products.includes(each)));
  const [range, other] = routesOf(record).map((route) => ranges.filter(({ routes }) => routes.includes(route))).find((each) => each.length > 0) ?? [];
  return range === undefined || other !== undefined ? found : found.set("published-low", range.low).set("published-high", range.high).set("studies", range.studies);
}
