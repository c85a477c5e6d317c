// Step 8: all outputs of a run together are within its inputs, element by element, and gains do not add up (ledger/verify/mass.py).

import { MILLION, SCALE, divide, milligrams, sum, trillionths } from "./exact.js";
import { scaled } from "./view.js";
import { OXIDES, TRACKED } from "./tables.js";

const TOLERANCE = (5n * SCALE) / 1000n;
const TRACE_PER_KG = (2n * SCALE) / MILLION;
const TRACE_BELOW = SCALE / 1000n;
const LARGEST_MG = 10n ** 18n;
const ROUNDING = SCALE / 10n ** 9n;

const OXIDIC = ["ore", "concentrate", "mixed-compound", "oxide"];
const VOLATILE = ["H", "C", "N", "O", "F", "S", "Cl"];

const add = (sums, element, mass) => sums.set(element, (sums.get(element) ?? 0n) + mass);
const tracked = ([element]) => TRACKED.includes(element);
export const isGoods = ({ batch }) => batch.kind !== "electricity";

/** The mass of the reference oxide of a mass of a rare earth. */
export const oxideMass = (element, mass) => divide(mass * BigInt(OXIDES[element][0]), BigInt(OXIDES[element][1]));

/** Scaled kg of each tracked element in a mass of a batch, exact. */
const batchMasses = (composition, mass) =>
  composition.map(({ element, fraction }) => [element, scaled(fraction, 6) * mass]).filter(tracked);

const materialMasses = (composition, mass) =>
  composition.map(([element, fraction]) => [element, divide(trillionths(fraction) * mass, MILLION)]).filter(tracked);

/** The balances of all runs; `gains` are what assays gained along the chain, by run and element. */
export class Mass {
  constructor(findings) {
    Object.assign(this, { findings, gains: new Map() });
  }

  require(code, holds) {
    this.findings.say(8, holds ? "passed" : "failed", holds ? null : code);
    return holds;
  }

  check({ record, view }, named) {
    const { made, total } = this.made(view);
    const taken = this.taken(view, named);
    const most = [...made.values()].reduce((one, other) => (one > other ? one : other), 0n);
    if (!this.require("mass.size", total < LARGEST_MG && taken.total < LARGEST_MG && most < LARGEST_MG * MILLION)) return;
    const gains = new Map();
    for (const [element, mass] of made) {
      const [held, gained] = [taken.masses.get(element) ?? 0n, taken.gained.get(element) ?? 0n];
      if (mass > held && !withinTolerance(mass, held, total)) {
        if (taken.complete) this.require("mass.elements", false);
        else this.findings.say(8, "not-checked", "mass.elements");
        continue;
      }
      this.require("mass.elements", true);
      if (mass > held || gained > 0n) gains.set(element, this.gain(mass, held, gained, total));
    }
    this.gains.set(record.run[0]["..."], gains);
  }

  /** Add up all outputs, per element and in mg; shown outputs match the composition of their masses. */
  made({ value, outputs }) {
    const made = new Map();
    let total = 0n;
    for (const [at, output] of value.made.entries()) {
      const net = milligrams(output.net_mass_kg);
      total += net;
      const masses = output.elements.map(([element, mass]) => [element, trillionths(mass)]);
      const known = new Map(masses);
      let holds = known.size === masses.length && sum([...known.values()]) <= net * MILLION;
      if (outputs[at] === null) {
        this.findings.say(8, "not-checked", "mass.composition");
      } else {
        const due = new Map(batchMasses(outputs[at].composition, net));
        holds &&= due.size === known.size && [...due].every(([element, mass]) => known.get(element) === mass);
      }
      this.require("mass.composition", holds);
      for (const [element, mass] of known) add(made, element, mass);
    }
    return { made, total };
  }

  /** Add up all inputs that are shown. */
  taken({ inputs, inventory: [materials] }, named) {
    const found = { masses: new Map(), gained: new Map(), total: 0n, complete: materials !== null };
    for (const input of inputs) {
      const cited = input?.source ? named(input.source.certificate) : null;
      if (cited === null) {
        found.complete = false;
      } else if (isGoods(cited.record)) {
        const mass = milligrams(input.value.mass_kg);
        found.total += mass;
        const parts = batchMasses(cited.record.composition, mass);
        const gains = this.gains.get(cited.record.run[0]["..."]) ?? new Map();
        for (const [element, part] of parts) {
          add(found.masses, element, part);
          if (gains.has(element)) add(found.gained, element, divide(part * gains.get(element), SCALE));
        }
      }
    }
    for (const line of materials?.lines ?? []) {
      const mass = milligrams(line.mass_kg);
      found.total += mass;
      for (const [element, part] of materialMasses(line.composition ?? [], mass)) add(found.masses, element, part);
    }
    return found;
  }

  /** The gain of an element along the chain up to here, as a part of its mass; assays explain at most 0.5 %. */
  gain(mass, held, gained, total) {
    const over = mass > held ? mass - held : 0n;
    const kept = held > 0n ? divide(gained * (mass < held ? mass : held), held) : 0n;
    const gain = mass > 0n ? divide((over + kept) * SCALE, mass) : 0n;
    if (gain > 0n) this.require("mass.gains", gain <= TOLERANCE || mass * MILLION <= total * TRACE_BELOW);
    return gain;
  }

  /** A composition names each element once, and sums to at most the batch; recycled and extracted parts are whole. */
  clear({ composition, batch }) {
    const once = new Set(composition.map(({ element }) => element)).size === composition.length;
    this.require("mass.composition", once && sum(composition.map(({ fraction }) => trillionths(fraction))) <= SCALE);
    this.require("mass.possible", composition.every(sound) && possible(batch, composition));
  }
}

/** A batch has the rare earths as oxides, the loss on ignition, the moisture and the coating that its composition allows. */
function possible({ kind, treo, loss_on_ignition: loss, moisture, coating, net_mass_kg: net }, composition) {
  const fraction = ({ element, fraction: told }) => [element, trillionths(told)];
  const fractions = composition.map(fraction);
  const oxides = sum(fractions.map(([element, told]) => (OXIDES[element] ? oxideMass(element, told) : 0n)));
  const due = OXIDIC.includes(kind) && oxides > 0n ? (oxides < SCALE ? oxides : SCALE) : null;
  const volatile = sum(fractions.map(([element, told]) => (VOLATILE.includes(element) ? told : 0n)));
  const stated = treo === undefined ? null : trillionths(treo);
  const coated = coating === undefined || milligrams(coating.mass_kg) < milligrams(net);
  return stated === due && (loss === undefined || trillionths(loss) <= volatile) && trillionths(moisture) < SCALE && coated;
}

function sound({ element, pre, post, scrap = [], extracted }) {
  const whole = TRACKED.includes(element) ? SCALE : 0n;
  if (sum(extracted.map(({ share }) => trillionths(share))) !== whole) return false;
  const stated = extracted.filter(({ recycled }) => recycled !== undefined);
  if (stated.length && !recycledAddsUp(trillionths(pre) + trillionths(post), stated, extracted)) return false;
  const whose = sum(scrap.map(([, part]) => trillionths(part)));
  return whose <= trillionths(pre) + BigInt(scrap.length) && trillionths(pre) + trillionths(post) <= SCALE;
}

/** Whether the recycled parts that countries state make up that of the element, or a part of it. */
function recycledAddsUp(due, stated, extracted) {
  const made = divide(sum(stated.map(({ share, recycled }) => trillionths(share) * trillionths(recycled))), SCALE);
  if (extracted.length <= 1 || due === 0n || due === SCALE) return false;
  return made <= due + ROUNDING && (stated.length < extracted.length || made >= due - ROUNDING);
}

function withinTolerance(mass, held, total) {
  const trace = mass * MILLION < total * TRACE_BELOW ? divide(total * TRACE_PER_KG, MILLION) : 0n;
  const assay = divide(held * TOLERANCE, SCALE);
  return mass <= held + (assay > trace ? assay : trace);
}
