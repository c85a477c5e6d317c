// Electricity instruments of a chain: each statement is entered once, at its home, and drawn as it is named (ledger/verify/instruments.py).

import { fromBase64url, sha256, toBase64url, utf8 } from "./bytes.js";
import { milligrams, sum } from "./exact.js";
import { epoch } from "./form.js";
import { normal } from "./trust.js";

const POWER = 2;
const keyOf = ({ scheme, statement }) => `${normal(scheme)}\n${normal(statement)}`;

/** What a scheme's statement leaves in the log, once in all registries. */
async function markOf(said) {
  const text = utf8(`oreprint instrument v1\n${keyOf(said)}`);
  return toBase64url(await (said.after === undefined ? sha256(text) : sha256(text, utf8("\n"), fromBase64url(said.after))));
}

export class Instruments {
  constructor(trust, paths, findings, record) {
    Object.assign(this, { trust, paths, findings, record, entered: new Map(), undoes: new Map(), uses: new Map() });
  }

  require(findings, step, code, holds) {
    findings.say(step, holds ? "passed" : "failed", holds ? null : code);
  }

  /** The entry of a scheme in the trust list for what was logged then, or undefined. */
  homeOf(scheme, at) {
    const found = (this.trust.listed.schemes ?? []).find((each) => normal(each.scheme) === normal(scheme));
    return found && (at?.entry.time ?? 0) >= epoch(found.since) ? found : undefined;
  }

  used(key, issuance) {
    this.uses.set(key, (this.uses.get(key) ?? new Set()).add(issuance));
  }

  /** Judge the certificate of a lot of electricity. */
  async clear({ record, logged: at, issuance, predecessor }) {
    const said = record.instrument;
    if (predecessor && (said || predecessor.record.instrument)) {
      this.require(this.record, 5, "record.instrument", JSON.stringify(said) === JSON.stringify(predecessor.record.instrument));
    }
    if (said === undefined) return;
    const [key, own] = [keyOf(said), toBase64url(issuance)];
    this.entered.set(own, key);
    this.used(key, own);
    if (!at) return;
    const left = record.follows !== undefined || at.entry.marks.map(toBase64url).includes(await markOf(said));
    const undone = said.after === undefined ? undefined : this.undoes.get(said.after);
    const free = said.after === undefined || (undone !== undefined && this.entered.get(undone) === key);
    this.require(this.record, 5, "record.instrument-mark", left && free);
    const home = this.homeOf(said.scheme, at);
    const may = home === undefined || ((home.agents.length === 0 || home.agents.includes(record.issuer.did)) && record.registry === home.registry);
    this.require(this.findings, 7, "inputs.instrument-home", may);
  }

  /** Judge what the electricity lines of a run name, against the lots that it draws from. */
  run({ view, logged: at, issuance }, named) {
    const power = view.inventory[POWER];
    if (power === null) {
      this.findings.say(9, "not-checked", "footprint.instrument-drawn");
      return;
    }
    const items = new Map();
    for (const item of power.lines.flatMap((line) => line.instruments)) {
      if (item.kind !== "supplier") items.set(keyOf(item), [...(items.get(keyOf(item)) ?? []), item]);
    }
    const drawn = new Map();
    let whole = true;
    for (const input of view.inputs) {
      const said = input?.source && named(input.source.certificate)?.record;
      if (!said) whole = false;
      else if (said.instrument) drawn.set(keyOf(said.instrument), [...(drawn.get(keyOf(said.instrument)) ?? []), [said.instrument, milligrams(input.value.mass_kg)]]);
    }
    for (const key of new Set([...items.keys(), ...drawn.keys()])) {
      const [told, taken] = [items.get(key) ?? [], drawn.get(key)];
      if (taken !== undefined) {
        const same = taken.every(([said]) => told.every((item) => ["kind", "grid", "year", "factor"].every((name) => said[name] === item[name])));
        this.require(this.findings, 9, "footprint.instrument-drawn", same && sum(taken.map(([, kwh]) => kwh)) === sum(told.map(({ kwh }) => milligrams(kwh))));
      } else if (whole) {
        this.used(key, toBase64url(issuance));
        this.require(this.findings, 9, "footprint.instrument-drawn", this.homeOf(told[0].scheme, at) === undefined);
      } else {
        this.findings.say(9, "not-checked", "footprint.instrument-drawn");
      }
    }
  }

  /** No two runs use one instrument; one that was undone uses none, and a correction none of its own. */
  conclude() {
    const undone = new Set([...this.paths.undone].map((issuance) => this.paths.first(issuance)));
    for (const users of this.uses.values()) {
      const standing = new Set([...users].map((issuance) => this.paths.first(issuance)).filter((first) => !undone.has(first)));
      this.require(this.findings, 9, "footprint.instruments", standing.size < 2);
    }
  }
}
