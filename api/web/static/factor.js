// The emission factors that a run names, as ledger/verify/tables.py: those shipped today, by the digests of their tables.
//
// This browser has no former table and no producer's own one. What needs a row of these is `Unjudged`: left to the server, and
// nobody is accused.

import { need } from "./bytes.js";
import { SCALE, divide, sum } from "./exact.js";
import { DIGESTS, FACTORS } from "./factors.js";
import { GRID, GWP } from "./tables.js";

/** A check that this browser can't make, because a table is not here. */
export class Unjudged extends Error {}

const rows = new Map();
for (const [table, listed] of Object.entries(FACTORS)) {
  for (const [flow, geography, year, boundary, status, quality, set, values] of listed) {
    const id = `${table}/${[flow, geography.toLowerCase(), year].filter((part) => part !== null).join(".")}`;
    const gases = Object.entries(values).map(([gas, mass]) => [gas, BigInt(mass)]);
    rows.set(id, { id, table, flow, geography, year, boundary, status, quality, set, values: gases });
  }
}

const tableOf = (id) => id.split("/")[0];
export const flowOf = (id) => id.slice(id.indexOf("/") + 1).split(".")[0];

/** The tables that a run or a certificate names. */
export class NamedTables {
  constructor(refs, set) {
    this.names = new Set(refs.map(({ name }) => name));
    this.own = [...this.names].filter((name) => !Object.hasOwn(DIGESTS, name));
    const shipped = refs.filter(({ name }) => Object.hasOwn(DIGESTS, name));
    const wrong = shipped.some(({ name, digest }) => !DIGESTS[name].includes(digest));
    this.atHand = refs.length > 0 && !wrong;
    // a run whose tables were never shipped has failed; the rest of it is judged by today's, as Python does
    this.former = new Set(wrong ? [] : shipped.filter(({ name, digest }) => DIGESTS[name][0] !== digest).map(({ name }) => name));
    this.weights = GWP[set];
  }

  /** kg CO2e of 1 kg of a gas, x 10^12. */
  get gwp() {
    if (this.former.has("gwp")) throw new Unjudged();
    return (gas) => BigInt(this.weights[gas]);
  }

  /** The factor with this name; one that no table has fails. */
  factor(id) {
    const table = tableOf(id);
    if (this.former.has(table) || this.own.includes(table)) throw new Unjudged();
    need(rows.has(id), "footprint.factors");
    return rows.get(id);
  }

  isPublic(id) {
    return Object.hasOwn(FACTORS, tableOf(id));
  }

  /** kg CO2e of one unit of a factor, x 10^12. */
  weight({ values }) {
    const { gwp } = this;
    return divide(sum(values.map(([gas, mass]) => mass * gwp(gas))), SCALE);
  }

  /** The newest factor of a flow at a place, at most of this year. */
  latest(flow, geography, year) {
    if (this.former.has(GRID.table)) throw new Unjudged();
    const found = [...rows.values()].filter((each) => each.table === GRID.table && each.flow === flow && each.geography === geography);
    return found.filter((each) => each.year !== null && each.year <= year).sort((one, other) => other.year - one.year)[0];
  }

  /** The average of a grid, and the least factor of a kWh without an instrument, in a set; undefined where no table has them. */
  grid(grid, year, set) {
    const places = [grid, grid.split("-")[0]];
    const first = (flow) => places.map((place) => this.latest(flow, place, year)).find((found) => found?.set === set);
    const location = first(GRID.average[set]);
    if (location === undefined) return undefined;
    const residual = first(GRID.residual);
    const lower = residual !== undefined && residual.geography !== grid && this.weight(residual) < this.weight(location);
    return { location, uncovered: residual === undefined || lower ? location : residual };
  }
}
