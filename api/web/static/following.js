// Whether the next version of a trust list can weaken what a reader relies on (ledger/trust/following.py, which says the rules).

import { toBase64url } from "./bytes.js";

const harmless = (before, after, added) => before === 0 || after - added >= before;

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Whether these are the same logs, each as long as it was, or closed where it was open. */
function goOn(before, after) {
  const now = new Map(after.map((log) => [log.origin, log]));
  return before.length === after.length && before.every(({ origin, key, final_size: end }) => {
    const log = now.get(origin);
    return log !== undefined && log.key === key && (end === undefined || (log.final_size !== undefined && log.final_size >= end));
  });
}

async function quorumHolds(before, after, parse) {
  const [was, now] = await Promise.all([before, after].map(({ keys }) => Promise.all(keys.map(async (key) => toBase64url((await parse(key)).public)))));
  return harmless(Number(before.least), Number(after.least), now.filter((key) => !was.includes(key)).length);
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
