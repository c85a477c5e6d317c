// What stands beside a figure (ledger/footprint/beside.py): aircraft, shipped factors, the other set of electricity, scrap free of burden.

import { MILLION, SCALE, ZERO, both, divide, into, nothing, sum, trillionths, written } from "./exact.js";
import { flowOf } from "./factor.js";
import { ofOwnFuel } from "./indicators.js";
import { resultsOf, usesOf } from "./lines.js";
import { isGoods } from "./mass.js";
import { BESIDE, GRID, OXIDES, SCRAP } from "./tables.js";

const FREE = ["pre-consumer", "post-consumer", undefined];
const OTHER = { direct: "life-cycle", "life-cycle": "direct" };
const { figures: FIGURES, items: ITEMS, words: WORDS, air: BY_AIR, open: MOST_OPEN } = BESIDE;
const isRare = (element) => element in OXIDES;

const empty = () => ({ rows: new Map(), free: [0n, 0n, 0n], instruments: new Set(), partial: new Set(), rare: 0n, open: [] });

/** Sealed figures as numbers; a certificate of engine 1 tells none. */
function parsed(told) {
  if (told === undefined) return { ...empty(), partial: new Set(ITEMS) };
  return {
    rows: parsedRows(told.rows), free: told.free.map(trillionths),
    instruments: new Set(told.instruments), partial: new Set(told.partial), rare: 0n, open: told.open ?? [],
  };
}

export const parsedRows = (rows) => new Map(rows.map(([name, location, market]) => [name, [trillionths(location), trillionths(market)]]));

/** Rows as they are sealed, in their order, without those that are 0. */
export function sealedRows(rows) {
  const told = FIGURES.filter((name) => !nothing(rows.get(name) ?? ZERO));
  return told.map((name) => [name, ...rows.get(name).map(written)]);
}

export function sealed({ rows, free, instruments, partial, open }) {
  const told = { rows: sealedRows(rows), free: free.map(written), instruments: WORDS.filter((word) => instruments.has(word)) };
  return { ...told, partial: ITEMS.filter((item) => partial.has(item)), ...(open.length > 0 && { open }) };
}

/** What a mass taken of a batch brings; electricity brings nothing. */
export function brought({ batch, composition, footprint }, mass, net) {
  const aside = isGoods({ batch }) ? parsed(footprint.beside) : empty();
  const rows = new Map([...aside.rows].map(([name, figures]) => [name, both((at) => divide(figures[at] * mass, net))]));
  const rare = composition.filter(({ element }) => isRare(element)).map(({ fraction }) => divide(trillionths(fraction) * mass, MILLION));
  return { ...aside, rows, rare: sum(rare) };
}

export function joined(parts) {
  const rows = new Map();
  for (const part of parts) for (const [name, figures] of part.rows) into(rows, name, figures);
  const rare = sum(parts.map((part) => part.rare));
  const free = [0, 1, 2].map((place) => (rare ? divide(sum(parts.map((part) => part.free[place] * part.rare)), rare) : 0n));
  const all = (name) => new Set(parts.flatMap((part) => [...part[name]]));
  const [partial, open] = [all("partial"), [...all("open")]];
  if (open.length > MOST_OPEN) partial.add("open");
  return { rows, free, instruments: all("instruments"), partial, rare, open: open.slice(0, MOST_OPEN) };
}

/** What the lines of a run, and what it leaves out without a bound, put beside its figure. */
export function ownAside(groups, tables, year, excluded) {
  const open = excluded.filter(({ kind, share, amount }) => (kind ?? (share ?? amount) ?? "open") === "open").map(({ what }) => what);
  const found = { ...empty(), open };
  const free = [0n, 0n, 0n];
  const { gwp } = tables;
  const co2e = (use) => divide(sum(resultsOf(use, tables).map(([gas, mass]) => mass * gwp(gas))), SCALE);
  for (const group of groups) {
    if (group.group === "electricity") group.lines.forEach((line) => power(line, tables, year, found));
    if (group.group === "materials") group.lines.forEach((line) => scrap(line, found, free));
    for (const use of usesOf(group)) {
      hidden(use, tables, co2e, found);
      if (group.group === "transport" && BY_AIR.some((begin) => use.line.factor.slice(use.line.factor.indexOf("/") + 1).startsWith(begin))) {
        const own = co2e(use);
        into(found.rows, "aircraft", [own, own]);
      }
    }
  }
  return { ...found, free: free.map((mass) => (found.rare ? divide(mass * SCALE, found.rare) : 0n)) };
}

function scrap({ composition, mass_kg: mass, factor, recycled }, found, free) {
  const fraction = sum(composition.filter(([element]) => isRare(element)).map(([, part]) => trillionths(part)));
  if (fraction === 0n) return;
  const rare = divide(trillionths(mass) * fraction, SCALE);
  found.rare += rare;
  if (flowOf(factor) === SCRAP) free[FREE.indexOf(recycled)] += rare;
}

/** What the shipped row of a factor that is not public would add. */
function hidden(use, tables, co2e, found) {
  const { value, shipped } = use.line;
  if (value === undefined) return;
  if (shipped === undefined) {
    found.partial.add("shipped-factors");
    return;
  }
  const each = sum(tables.factor(shipped.factor).values.map(([gas, mass]) => mass * tables.gwp(gas)));
  const more = divide(trillionths(shipped.amount) * each, SCALE * SCALE) - co2e(use);
  into(found.rows, "shipped-factors", [more, more]);
}

function word({ kind, bundled }) {
  if (kind === "contract") return "power-purchase-contract";
  if (kind === "supplier") return "supplier-mix";
  if (bundled === undefined) return "certificates";
  return bundled ? "bundled-certificates" : "unbundled-certificates";
}

/** The instruments of electricity, and what the other set of factors, or power of the grid, would add. */
function power(line, tables, year, found) {
  for (const item of line.instruments) found.instruments.add(word(item));
  const here = tables.factor(line.factor);
  const add = (name, set) => instead(name, line, { here, due: set === null ? undefined : tables.grid(line.grid, year, set) }, { tables, found });
  if (line.own !== undefined) {
    if (!ofOwnFuel(line, tables)) add("grid-power", here.set);
  } else if (here.set !== null) {
    add("other-electricity-set", here.table === GRID.table ? OTHER[here.set] : null);
  }
}

/** What the grid's factors `due` would add to a line. */
function instead(name, line, { here, due }, { tables, found }) {
  if (due === undefined) {
    found.partial.add(name);
    return;
  }
  const kwh = trillionths(line.amount_kwh);
  const rest = kwh - sum(line.instruments.map((item) => trillionths(item.kwh)));
  const more = (factor, than) => tables.weight(factor) - tables.weight(than);
  const location = divide(kwh * more(due.location, here), SCALE);
  const market = divide(rest * more(due.uncovered, tables.factor(line.uncovered)), SCALE);
  into(found.rows, name, [location, market]);
}
