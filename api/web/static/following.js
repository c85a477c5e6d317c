// Whether the next version of a trust list can weaken what a reader relies on (ledger/trust/following.py, which says the rules).

import { need, toBase64url } from "./bytes.js";
import { epoch } from "./form.js";

const harmless = (before, after, added) => before === 0 || after - added >= before;

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** When each key of a quorum counts, in ms since 1970, ended keys too, by its public half (ledger/trust/terms.py). */
export async function termsOf({ keys, dates = [] }, parse) {
  const terms = new Map();
  for (const text of keys) {
    const key = await parse(text);
    terms.set(toBase64url(key.public), { key, since: 0, until: Infinity });
  }
  const named = new Set(terms.keys());
  const dated = new Set();
  for (const { key: text, since, until, compromised } of dates) {
    const key = await parse(text);
    const known = toBase64url(key.public);
    need(!dated.has(known), "trust.twice");
    const ends = until !== undefined || compromised !== undefined;
    need(ends !== named.has(known), "trust.key-ended");
    dated.add(known);
    const end = until === undefined ? Infinity : epoch(until);
    terms.set(known, { key, since: since === undefined ? 0 : epoch(since), until: compromised === undefined ? end : 0 });
  }
  return terms;
}

export const counting = ({ since, until }, at) => since <= at && at < until;

const within = (one, other) => (other.since <= one.since && one.until <= other.until) || one.until <= one.since;

/** Whether of a log no more heads count than before. */
function countsNoMore(before, after) {
  const { key, final_size: end, final_root: root, compromised } = before;
  const ends = end === undefined || (after.final_size !== undefined && after.final_size >= end);
  const leaks = compromised === undefined || (after.compromised !== undefined && epoch(after.compromised) <= epoch(compromised));
  return after.key === key && ends && leaks && (after.final_root === root || (root === undefined && compromised === undefined));
}

function goOn(before, after) {
  const now = new Map(after.map((log) => [log.origin, log]));
  return before.length === after.length && before.every((log) => now.has(log.origin) && countsNoMore(log, now.get(log.origin)));
}

async function quorumHolds(before, after, parse) {
  const [was, now] = await Promise.all([before, after].map((quorum) => termsOf(quorum, parse)));
  const wider = [...now].filter(([key, term]) => !was.has(key) || !within(term, was.get(key)));
  return harmless(Number(before.least), Number(after.least), wider.length);
}

function auditorsHold(before, after) {
  if (before === undefined) return true;
  const now = after ?? { least: 0, parties: [] };
  return harmless(Number(before.least), Number(now.least), now.parties.filter((did) => !before.parties.includes(did)).length);
}

async function holds(before, after, parse) {
  const voided = new Set(before.voided.map(({ origin, index }) => `${origin} ${index}`));
  return (
    (await quorumHolds(before.witnesses, after.witnesses, parse)) &&
    (await quorumHolds(before.monitors, after.monitors, parse)) &&
    auditorsHold(before.auditors, after.auditors) &&
    goOn(before.logs, after.logs) &&
    same([before.status_key, before.former_status_keys ?? []], [after.status_key, after.former_status_keys ?? []]) &&
    after.voided.every(({ origin, index }) => voided.has(`${origin} ${index}`))
  );
}

/** Whether nothing in `after` can weaken what a reader of `before` relies on; `endorsed` tells whether a registry's watchers of before have signed it. */
export async function weakensNothing(before, after, { parse, endorsed }) {
  const now = new Map(after.map((registry) => [registry.id, registry]));
  if (after.some(({ id }) => !before.some((each) => each.id === id))) return false;
  for (const registry of before) {
    if (await endorsed(registry)) continue;
    const next = now.get(registry.id);
    if (next === undefined || !(await holds(registry, next, parse))) return false;
  }
  return true;
}
