// What a run answers to a claim (ledger/claims/run.py, discharge.py, reagents.py, energy.py, origin.py): the answer, its reason, its figure.

import { MILLION, SCALE, divide, milligrams, size, smaller, sum, trillionths } from "./exact.js";
import { epoch } from "./form.js";
import { ofOwnFuel, ownIndicators, waterIn, waterOut } from "./indicators.js";
import { isGoods, oxideMass } from "./mass.js";
import {
  ATOMIC_WEIGHT, BURNT, CLAIMS, COMPOUNDS, DISCHARGE, ENERGY, LEAST, OXIDES, OXIDISED, PURCHASED, REFRIGERANTS, STATES, WEAKEST_FIRST,
} from "./tables.js";
import { normal } from "./trust.js";

const UNKNOWN = "ZZ";
const DAY_MS = 24 * 60 * 60 * 1000;
const WATER_KG = 1000n;
const BASELINED = ["energy-intensity-fall", "green-smelting"];
const scaledSum = (texts) => sum(texts.map(trillionths));

export const finding = (answer, reason, value = null, path = []) => ({ answer, reason, value, path });
export const strength = ({ answer }) => WEAKEST_FIRST.indexOf(answer);
export const weakest = (several) => several.reduce((one, other) => (strength(other) < strength(one) ? other : one));
export const threshold = (rule, { threshold: own }) => trillionths(own ?? rule.threshold ?? "0");

/** A run that is shown whole, as the rules of claims see it; `cited` are the certificates of its inputs. */
export function disclosed({ record, view }, cited, tables) {
  const { value, inputs, outputs } = view;
  const [materials, fuels, power, direct, , waste] = view.inventory;
  const taken = inputs.map((input, at) => [cited[at].record, milligrams(input.value.mass_kg)]).filter(([each]) => isGoods(each));
  const kwh = scaledSum(power.lines.map((line) => line.amount_kwh));
  return { value, materials, fuels, power, direct, waste, water: waste.water, taken, outputs, tables, kwh, batch: record.batch };
}

/** The answer of a run that is shown; `earlier` finds a certificate of an earlier period. */
export function judgeRun(rule, stated, run, earlier) {
  const least = threshold(rule, stated);
  switch (rule.judged) {
    case "discharge":
      return discharge(run);
    case "reuse":
      return reuse(run, least);
    case "ammonia":
      return ammonia(run);
    case "intensity":
      return intensity(run, stated, least, earlier);
    case "renewable": {
      const share = renewable(run);
      return share.value !== null && share.value < least ? finding("refuted", "renewable-low", share.value) : share;
    }
    case "known":
      return stepsKnown(ownStep(run));
    case "outside":
      return stepsOutside(ownStep(run), countriesOf(rule, stated));
    case "parts":
      return parts(rule, stated, run, earlier);
    default:
      return finding("declared", "no-place");
  }
}

function parts(rule, stated, run, earlier) {
  const due = rule.parts.filter((name) => CLAIMS[name].steps.length === 0 || CLAIMS[name].steps.includes(run.value.step));
  const judged = due.map((name) => [name, judgeRun(CLAIMS[name], stated, run, earlier)]);
  const figure = judged.find(([name]) => CLAIMS[name].needs.includes("baseline"))?.[1].value ?? null;
  const least = weakest(judged.map(([, each]) => each));
  return least.answer === "proven" ? finding("proven", "parts", figure) : finding(least.answer, least.reason, figure);
}

// -- origin --------------------------------------------------------------------------------------------------------------

const ownStep = ({ batch: { step, facility } }) => [{ step, country: facility.country }];
export const countriesOf = (rule, { countries }) => (rule.countries.length ? rule.countries : (countries ?? []));
export const stepsKnown = (steps) =>
  steps.some(({ country }) => country === UNKNOWN) ? finding("unknown", "step-unknown") : finding("proven", "steps-known");

export function stepsOutside(steps, countries) {
  if (steps.some(({ country }) => countries.includes(country))) return finding("refuted", "step-in");
  const known = stepsKnown(steps);
  return known.answer === "unknown" ? known : finding("proven", "steps-outside");
}

// -- water and salts -----------------------------------------------------------------------------------------------------

function discharge(run) {
  const { water } = run;
  const salts = run.waste.lines.some(({ destination }) => destination === "outside");
  if (water === undefined) return salts ? finding("refuted", "salt-outside") : finding("declared", "no-water");
  const discharged = trillionths(water.discharged);
  if (discharged) return finding("refuted", "discharged", discharged);
  const reading = water.discharge_meters.map(({ reading: told }) => trillionths(told)).find((told) => told > 0n);
  if (reading) return finding("refuted", "meter-reads", reading);
  if (scaledSum([water.fluoride_kg ?? "0", water.ammonia_nitrogen_kg ?? "0"])) return finding("refuted", "load");
  if (salts) return finding("refuted", "salt-outside");
  const lacking = lack(run, water);
  return lacking === undefined ? finding("proven", "no-discharge", 0n) : finding("declared", lacking);
}

/** The first evidence that a claim of zero discharge lacks. */
function lack(run, water) {
  if (new Set(water.discharge_meters.map(({ meter }) => normal(meter))).size < DISCHARGE.meters) return "meters";
  if (waterIn(water) !== waterOut(water)) return "water-open";
  if (run.materials.lines.some(({ composition }) => composition.length === 0)) return "no-composition";
  const [given, left] = [elementsIn(run), elementsOut(run)];
  for (const element of DISCHARGE.closed) {
    if (run.value.untracked.includes(element)) return "untracked";
    const [one, other] = [given.get(element) ?? 0n, left.get(element) ?? 0n];
    if (size(one - other) * BigInt(DISCHARGE.missing) > one) return "not-closed";
  }
  const salted = ({ destination, elements }) => destination === undefined && elements.some(([element]) => DISCHARGE.salts.includes(element));
  if (run.waste.lines.some(salted)) return "no-destination";
  return evaporator(run, water);
}

function evaporator({ kwh: whole }, { evaporator: cubic = "0", evaporator_kwh: told = "0" }) {
  const [volume, kwh] = [trillionths(cubic), trillionths(told)];
  if (volume === 0n) return undefined;
  if (kwh === 0n || kwh > whole) return "evaporator-energy";
  const each = divide(kwh * SCALE, volume);
  const [least, most] = DISCHARGE.evaporation.map(BigInt);
  return each < least || each > most ? "evaporator-range" : undefined;
}

function added(several) {
  const sums = new Map();
  for (const [element, mass] of several) sums.set(element, (sums.get(element) ?? 0n) + mass);
  return sums;
}

const compound = (name, mass) => COMPOUNDS[name].map(([element, part, whole]) => [element, divide(mass * BigInt(part), BigInt(whole))]);
export const ofBatch = (composition, mass) => [...new Map(composition.map(({ element, fraction }) => [element, divide(trillionths(fraction) * mass, MILLION)]))];
const ofMaterial = ({ composition, mass_kg: mass }) => composition.map(([element, part]) => [element, divide(trillionths(mass) * trillionths(part), SCALE)]);
const told = ({ elements }) => elements.map(([element, mass]) => [element, trillionths(mass)]);
const emitted = (line) => (line.gas in COMPOUNDS ? compound(line.gas, trillionths(line.mass_kg)) : told(line));
const water = (cubic) => compound("water", cubic * WATER_KG);

/** Refrigerant lost and refilled that no material tells of: what left is what was filled in. */
function refills({ value, materials, direct }) {
  const lines = direct.lines.filter(({ gas, method }) => REFRIGERANTS.includes(gas) || method?.by === "refill");
  const named = materials.lines.some(({ composition }) => ["C", "F"].every((element) => composition.some(([each]) => each === element)));
  return value.engine === "1" || named ? [] : lines;
}

function elementsIn(run) {
  const certified = run.taken.flatMap(([{ composition }, mass]) => ofBatch(composition, mass));
  const moist = run.water ? water(trillionths(run.water.feed_moisture)) : [];
  return added([...certified, ...run.materials.lines.flatMap(ofMaterial), ...refills(run).flatMap(emitted), ...moist]);
}

const made = ({ outputs, value }) => outputs.flatMap(({ composition }, at) => ofBatch(composition, milligrams(value.made[at].net_mass_kg)));

function elementsOut(run) {
  const wet = run.water ? water(waterOut(run.water)) : [];
  return added([...made(run), ...run.direct.lines.flatMap(emitted), ...run.waste.lines.flatMap(told), ...wet]);
}

function reuse({ water: balance }, least) {
  if (balance === undefined) return finding("declared", "no-water");
  const again = trillionths(balance.recycled);
  const gross = again + trillionths(balance.fresh);
  const share = gross ? divide(again * SCALE, gross) : 0n;
  return share < least ? finding("refuted", "reuse-low", share) : finding("declared", "reuse-unmetered", share);
}

// -- ammonia -------------------------------------------------------------------------------------------------------------

function ammonia({ materials }) {
  let unclear = null;
  for (const { composition, mass_kg: kg } of materials.lines) {
    if (composition.length === 0) {
      unclear ??= finding("declared", "no-composition");
      continue;
    }
    const fractions = new Map(composition.map(([element, fraction]) => [element, trillionths(fraction)]));
    const share = ammoniaShare(fractions);
    if (share === null) {
      unclear ??= finding("declared", "nitrogen-unclear");
    } else if (share[0] * BigInt(LEAST[1]) > share[1] * BigInt(LEAST[0])) {
      return finding("refuted", "ammonia", divide(fractions.get("N") * share[0] * trillionths(kg), share[1] * SCALE));
    }
  }
  return unclear ?? finding("proven", "no-ammonia", 0n);
}

/** The ammonia part of a material's nitrogen as a ratio; null where the other elements don't tell. */
function ammoniaShare(fractions) {
  const known = [...fractions.keys()].filter((element) => element in ATOMIC_WEIGHT);
  // atoms in one common part, so that every comparison is one of whole numbers
  const whole = known.reduce((product, element) => product * BigInt(ATOMIC_WEIGHT[element]), 1n);
  const atoms = new Map(known.map((element) => [element, (fractions.get(element) * whole) / BigInt(ATOMIC_WEIGHT[element])]));
  const of = (element) => atoms.get(element) ?? 0n;
  const nitrogen = of("N");
  if (nitrogen === 0n || of("H") === 0n) return [0n, 1n];
  const [num, den] = OXIDISED.map(BigInt);
  if (of("C") && of("O") * den < of("C") * num) return [nitrogen >= of("C") ? 1n : 0n, 1n];
  const others = [...atoms].filter(([element]) => element !== "N");
  if ([...fractions.keys()].some((element) => element !== "N" && !(element in STATES))) return null;
  const charge = sum(others.map(([element, each]) => each * BigInt(STATES[element])));
  const [part, all] = [5n * nitrogen + charge, 8n * nitrogen]; // from nitrate, +5, to ammonia, -3
  return [part < 0n ? 0n : smaller(part, all), all];
}

// -- energy --------------------------------------------------------------------------------------------------------------

const metered = ({ basis }) => ENERGY.metered.includes(basis);

function intensity(run, stated, least, earlier) {
  const { power, fuels, tables } = run;
  const oxide = sum([...added(made(run))].filter(([element]) => element in OXIDES).map(([element, mass]) => oxideMass(element, mass)));
  const heat = ownIndicators([fuels], tables);
  if (heat.partial.has("energy")) return finding("unknown", "fuel-energy");
  if (oxide === 0n) return finding("unknown", "no-product");
  const kwh = run.kwh - scaledSum(power.lines.filter((line) => ofOwnFuel(line, tables)).map((line) => line.amount_kwh));
  const kgce = divide(kwh * BigInt(ENERGY.kgce), SCALE) + divide((heat.vector.get("energy") ?? 0n) * SCALE, BigInt(ENERGY.mj));
  const each = divide(kgce * SCALE, oxide);
  const { baseline } = stated;
  if (baseline === undefined) return finding("unknown", "no-baseline", each);
  if (each * SCALE > trillionths(baseline.figure) * least) return finding("refuted", "intensity-high", each);
  const before = baseline.certificate === undefined ? null : earlier(baseline.certificate);
  if (before === null) return finding("declared", "baseline-said", each);
  if (!yearBefore(run, before.record, baseline)) return finding("declared", "baseline-other", each);
  return unmetered(run) ? finding("declared", "not-metered", each) : finding("proven", "intensity-fell", each);
}

/** Whether a certificate has this figure for the same plant, step and months a year before. */
function yearBefore({ batch: { facility }, value }, { batch, claims }, { figure }) {
  const alike = batch.facility.id === facility.id && batch.step === value.step;
  const days = (epoch(`${value.period.start}T00:00:00Z`) - epoch(`${batch.produced.start}T00:00:00Z`)) / DAY_MS;
  return alike && Math.abs(days - ENERGY.year) <= ENERGY.about && claims.some(({ id, value: told }) => BASELINED.includes(id) && told === figure);
}

function unmetered({ power, fuels, tables }) {
  const used = (line) => {
    if (line.value?.length) return true;
    const { boundary } = tables.factor(line.factor);
    return BURNT.includes(boundary) || PURCHASED.includes(boundary);
  };
  return [...power.lines, ...fuels.lines.filter(used)].some((line) => !metered(line));
}

function renewable(run) {
  const { power, kwh } = run;
  if (kwh === 0n) return finding("unknown", "no-electricity");
  const covered = sum(power.lines.map((line) => smaller(coveredOf(line, run), trillionths(line.amount_kwh))));
  const share = divide(covered * SCALE, kwh);
  return share && !power.lines.every(metered) ? finding("declared", "not-metered", share) : finding("proven", "renewable", share);
}

/** The renewable kWh of a line: generated at the plant, or covered by instruments of its grid and of the run's year. */
function coveredOf(line, { value: { period }, tables }) {
  const isRenewable = (id) => tables.factor(id).flow.split("-").some((word) => ENERGY.renewable.includes(word));
  if (line.own !== undefined) return line.own === "attributes-kept" && isRenewable(line.factor) ? trillionths(line.amount_kwh) : 0n;
  const years = [period.start.slice(0, 4), period.end.slice(0, 4)];
  const fits = ({ kind, grid, year, factor }) => kind !== "supplier" && grid === line.grid && years.includes(year) && isRenewable(factor);
  return sum(line.instruments.filter(fits).map((item) => trillionths(item.kwh)));
}
