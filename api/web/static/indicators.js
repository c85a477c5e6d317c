// Energy, water and wastes of a run's own lines (ledger/footprint/indicators.py).

import { SCALE, divide, sum, trillionths } from "./exact.js";
import { UNITS } from "./forms.js";
import { BURNT, CARBON_DIOXIDE, OWN_FUEL, PURCHASED } from "./tables.js";

const CLASS = { hazardous: "waste-hazardous", "non-hazardous": "waste-non-hazardous", radioactive: "waste-radioactive" };
const ELEMENT = { Th: "thorium", U: "uranium" };
const OF_WATER = ["water-withdrawn", "water-discharged", "water-consumed", "fluoride-discharged", "ammonia-nitrogen-discharged"];
const scaledSum = (texts) => sum(texts.map(trillionths));

export const waterIn = ({ fresh, with_reagents: reagents, feed_moisture: feed, formed }) => scaledSum([fresh, reagents, feed, formed]);
export const waterOut = ({ discharged, evaporated, in_products: products, in_wastes: wastes }) => scaledSum([discharged, evaporated, products, wastes]);
export const inOrder = (names) => Object.keys(UNITS).filter((name) => names.has(name));

/** Electricity from a fuel of the plant's own lines, which has its emissions and its energy. */
export const ofOwnFuel = (line, tables) => line.own !== undefined && tables.factor(line.factor).flow.startsWith(OWN_FUEL);

function burnt({ amount, unit, heating_value_mj: heat, energy_mj: energy }) {
  if (heat !== undefined) return divide(trillionths(amount) * trillionths(heat), SCALE);
  return trillionths(unit === "MJ" ? amount : (energy ?? "0"));
}

/** Whether a line is a fuel burnt or heat bought; a fuel of several lines counts in that of its carbon dioxide. */
function isEnergy({ value, factor: id }, tables) {
  if (value !== undefined) return true;
  const { boundary, values } = tables.factor(id);
  return PURCHASED.includes(boundary) || (BURNT.includes(boundary) && values.some(([gas]) => CARBON_DIOXIDE.includes(gas)));
}

function* ofWaste({ waste_class: told, mass_kg: mass, elements }) {
  const name = CLASS[told ?? "non-hazardous"];
  if (name === undefined) return;
  yield [name, trillionths(mass)];
  for (const [element, each] of elements) if (element in ELEMENT) yield [ELEMENT[element], trillionths(each)];
}

function ofWater({ fresh, discharged, evaporated, in_products: products, in_wastes: wastes, fluoride_kg: fluoride = "0", ammonia_nitrogen_kg: nitrogen = "0" }) {
  const amounts = [trillionths(fresh), trillionths(discharged), scaledSum([evaporated, products, wastes]), trillionths(fluoride), trillionths(nitrogen)];
  return OF_WATER.map((name, at) => [name, amounts[at]]);
}

const TERMS = {
  electricity: ({ lines }, tables) => lines.filter((line) => !ofOwnFuel(line, tables)).map((line) => ["energy", divide(trillionths(line.amount_kwh) * 36n, 10n)]),
  fuels: ({ lines }, tables) => lines.filter((line) => isEnergy(line, tables)).map((line) => ["energy", burnt(line)]),
  waste: ({ lines, water }) => [...lines.flatMap((line) => [...ofWaste(line)]), ...(water === undefined ? [] : ofWater(water))],
};

function missing({ lines, water }) {
  const radioactive = lines.filter(({ waste_class: told }) => told === "radioactive");
  const named = radioactive.every(({ elements }) => elements.some(([element]) => element in ELEMENT));
  const found = named ? [] : Object.values(ELEMENT);
  if (water === undefined) return [...found, ...OF_WATER];
  if (waterIn(water) !== waterOut(water)) found.push("water-consumed"); // some water has no stated destination
  if (water.discharged !== "0" && water.fluoride_kg === undefined) found.push("fluoride-discharged");
  if (water.discharged !== "0" && water.ammonia_nitrogen_kg === undefined) found.push("ammonia-nitrogen-discharged");
  return found;
}

/** The figures of some groups without those that are 0, and the indicators that their lines tell only in part. */
export function ownIndicators(groups, tables) {
  const [vector, partial] = [new Map(), new Set()];
  for (const group of groups) {
    const terms = TERMS[group.group]?.(group, tables) ?? [];
    for (const [name, amount] of terms) vector.set(name, (vector.get(name) ?? 0n) + amount);
    if (group.group === "fuels") for (const [name, amount] of terms) if (amount === 0n) partial.add(name);
    if (group.group === "waste") for (const name of missing(group)) partial.add(name);
  }
  for (const [name, amount] of vector) if (amount === 0n) vector.delete(name);
  return { vector, partial };
}
