// The own lines of a run (ledger/footprint/lines.py): amount x factor, rounded once for each gas, their scopes and their quality.

import { need } from "./bytes.js";
import { SCALE, both, divide, into, nothing, plus, sum, trillionths } from "./exact.js";
import { Weighing, emissionQuality, heldBy, lineQuality, powerQuality } from "./quality.js";
import { BURNT, CO2_PER_CO, HEAVY, OXIDES, PROXY, PURCHASED, RARE_EARTH_GOODS, SUPPLY, WHOLE } from "./tables.js";

export const UPTAKE = ["CO2-biogenic", "CO2-land-use"];
const [CO2, CO] = CO2_PER_CO.map(BigInt);
const [PROXIED, OF] = PROXY.map(BigInt);

/** The mass fraction of rare earths in a material, with the heavy ones tenfold. */
function rareEarthContent({ composition }) {
  const rare = composition.filter(([element]) => element in OXIDES);
  return sum(rare.map(([element, fraction]) => trillionths(fraction) * (HEAVY.includes(element) ? 10n : 1n)));
}

function material(line) {
  let [amount, scale] = [trillionths(line.mass_kg), SCALE];
  const times = (part) => {
    amount *= part;
    scale *= SCALE;
  };
  if (line.factor.startsWith(RARE_EARTH_GOODS)) times(rareEarthContent(line));
  else if (line.strength !== undefined) times(trillionths(line.strength));
  const proxied = line.proxy_for !== undefined;
  if (proxied) [amount, scale] = [amount * PROXIED, scale * OF];
  return { line, amount, scale, proxied, supplied: line.supplier_value !== undefined && !proxied };
}

function fuel(line) {
  const parts = [line.heating_value_mj, line.carbon_kg, line.oxidation].filter((part) => part !== undefined);
  const amount = parts.reduce((product, part) => product * trillionths(part), trillionths(line.amount));
  return { line, amount, scale: SCALE ** BigInt(parts.length + 1), supplied: line.supplier_value !== undefined, measured: line.carbon_kg !== undefined };
}

const plain = (line, amount) => ({ line, amount, scale: SCALE });
const USES = {
  materials: ({ lines }) => lines.map(material),
  fuels: ({ lines }) => lines.map(fuel),
  transport: ({ lines }) => lines.map((line) => ({ ...plain(line, trillionths(line.amount_tkm)), supplied: line.supplier_value !== undefined })),
  waste: ({ lines }) => lines.filter(({ factor }) => factor !== undefined).map((line) => plain(line, trillionths(line.mass_kg))),
  credits: ({ lines }) => lines.map((line) => plain(line, -trillionths(line.amount))),
};

/** The lines of a group that apply one factor each: to `amount` / `scale` of its unit. */
export const usesOf = (group) => USES[group.group]?.(group) ?? [];

const byFactor = ({ amount, scale }, factor) => factor.values.map(([gas, each]) => [gas, divide(amount * each, scale)]);
const stated = ({ value }) => value.map(({ gas, mass_kg: mass }) => [gas, trillionths(mass)]);

/** kg of each gas of a line: its own result where its factor is not public. */
export const resultsOf = (use, tables) => (use.line.value === undefined ? byFactor(use, tables.factor(use.line.factor)) : stated(use.line));

/** No line with a public factor has its own result, and no result is negative but an uptake. */
export function checkResults(groups, tables) {
  for (const { line } of groups.flatMap(usesOf)) {
    if (line.value === undefined) continue;
    need(!tables.isPublic(line.factor) && stated(line).every(([gas, mass]) => mass >= 0n || UPTAKE.includes(gas)), "footprint.factors");
  }
}

/** kg of each gas of electricity, by location and by market. */
export function electricityResults(line, tables) {
  const kwh = trillionths(line.amount_kwh);
  const [location, market] = [new Map(tables.factor(line.factor).values), new Map()];
  const covered = line.instruments.map((item) => [trillionths(item.kwh), item.factor]);
  const uncovered = kwh - sum(covered.map(([amount]) => amount));
  for (const [amount, id] of [[uncovered, line.uncovered], ...covered]) {
    for (const [gas, each] of tables.factor(id).values) market.set(gas, (market.get(gas) ?? 0n) + amount * each);
  }
  const gases = new Set([...location.keys(), ...market.keys()]);
  return [...gases].map((gas) => [gas, [divide(kwh * (location.get(gas) ?? 0n), SCALE), divide(market.get(gas) ?? 0n, SCALE)]]);
}

/** A direct emission as the gas that it counts as, with its mass; null where it has no GWP. */
function released({ gas, mass_kg: mass }) {
  if (gas === undefined) return null;
  return gas === "CO" ? ["CO2-fossil", divide(trillionths(mass) * CO2, CO)] : [gas, trillionths(mass)];
}

/** The sums of some groups by group and gas, with scopes 1 and 2 in kg CO2e, placeholders, and the weights of their quality. */
export class OwnLines {
  constructor(groups, tables, site, engine) {
    Object.assign(this, { tables, gwp: tables.gwp, site, engine, rows: new Map(), burnt: 0n, bought: [0n, 0n], placeholders: 0, weighing: new Weighing(engine) });
    for (const group of groups) {
      if (group.group === "electricity") group.lines.forEach((line) => this.power(line));
      else if (group.group === "direct") group.lines.forEach((line) => this.emission(line));
      else this.measured(group);
    }
    for (const [key, figures] of this.rows) if (nothing(figures)) this.rows.delete(key);
    this.scope1 = divide(this.burnt, SCALE);
    this.scope2 = both((column) => divide(this.bought[column], SCALE));
  }

  measured(group) {
    const { gwp, tables } = this;
    for (const use of usesOf(group)) {
      const { line } = use;
      const factor = line.value === undefined ? tables.factor(line.factor) : null;
      if (factor === null || factor.status === "placeholder") this.placeholders += 1;
      let co2e = 0n;
      for (const [gas, mass] of resultsOf(use, tables)) {
        into(this.rows, `${group.group} ${gas}`, [mass, mass]);
        co2e += mass * gwp(gas);
      }
      if (group.group === "fuels" && factor !== null) this.scope(factor, co2e, use);
      if (group.group === "credits") continue;
      const quality = lineQuality(group.group, use, factor, this.site);
      this.weighing.add(co2e, quality, quality.primary > 0n && (use.supplied || use.measured), factor === null,
        heldBy(line, { hidden: factor === null, placeholder: factor?.status === "placeholder" }));
    }
  }

  /** Burning is scope 1, though not the supply that a whole factor holds; bought heat is scope 2. */
  scope(factor, co2e, { amount, scale }) {
    if (PURCHASED.includes(factor.boundary)) this.bought = plus(this.bought, [co2e, co2e]);
    if (!BURNT.includes(factor.boundary)) return;
    let supply = 0n;
    if (factor.boundary === WHOLE) supply = factor.flow in SUPPLY ? divide(amount * BigInt(SUPPLY[factor.flow]), scale) * SCALE : co2e;
    this.burnt += co2e - supply;
  }

  power(line) {
    const { gwp, tables } = this;
    const used = [line.factor, line.uncovered, ...line.instruments.map(({ factor }) => factor)].map((id) => tables.factor(id));
    const placeholder = used.some(({ status }) => status === "placeholder");
    if (placeholder) this.placeholders += 1;
    let co2e = [0n, 0n];
    for (const [gas, figures] of electricityResults(line, tables)) {
      into(this.rows, `electricity ${gas}`, figures);
      co2e = plus(co2e, both((column) => figures[column] * gwp(gas)));
    }
    if (line.own === undefined) this.bought = plus(this.bought, co2e);
    this.weighing.add(co2e[0], powerQuality(line, used[0], this.site, this.engine), false, false, heldBy(line, { placeholder }));
  }

  emission(line) {
    const factor = line.method?.by === "default" ? this.tables.factor(line.method.factor) : undefined;
    const placeholder = factor?.status === "placeholder";
    if (placeholder) this.placeholders += 1;
    const counted = released(line);
    if (counted === null) return;
    const [gas, mass] = counted;
    into(this.rows, `direct ${gas}`, [mass, mass]);
    const co2e = mass * this.gwp(gas);
    this.burnt += co2e;
    const quality = emissionQuality(line, gas, factor, this.site);
    // a factor of a table is never the plant's own data, so what is primary here was measured
    this.weighing.add(co2e, quality, quality.primary > 0n, false, heldBy(line, { placeholder }));
  }
}
