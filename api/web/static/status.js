// Status lists, and what entries shown have done to their bits (ledger/trust/status.py, ledger/verify/status_lists.py).

import { equal, fromBase64url, joined, need, sha256, utf8 } from "./bytes.js";
import { verify as verifyEd25519 } from "./ed25519.js";
import { epoch, read } from "./form.js";
import { KIND, MOST_AGE_MS, MOST_AHEAD_MS, PURPOSES, blinded, logged } from "./log.js";
import { parseJws } from "./seal.js";
import { allStatusKeys } from "./trust.js";

const LIST_BITS = 131072;
const MOST_INFLATED = 2 * 1024 * 1024;

async function inflated(packed) {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: null }));
    need(value !== null, "trust.status-form");
    if (done) return joined(...parts);
    size += value.length;
    need(size <= MOST_INFLATED, "trust.status-form");
    parts.push(value);
  }
}

/** Whether a status key was good at a time. */
const isGood = ({ since, until, compromised }, at) => at >= epoch(since) && ![until, compromised].some((end) => end !== undefined && at >= epoch(end));

/** The bits of a status list of a registry, signed by a status key of it; its place in the log is judged apart. */
async function openList(line, registry) {
  const jws = parseJws(line.credential, "vc+jwt");
  const key = allStatusKeys(registry).find(({ kid }) => kid === jws.kid);
  need(key !== undefined, "trust.key-unknown");
  await verifyEd25519(fromBase64url(key.public), jws.signed, jws.signature);
  const payload = read("status-list", jws.payload);
  const { oreprint: told, credentialSubject: subject, issuer, validFrom, validUntil } = payload;
  need(told.registry === line.registry, "trust.status-form");
  const url = `https://${told.registry}/status/${told.purpose}-${told.list}`;
  need(payload.id === url && subject.id === `${url}#list` && subject.statusPurpose === told.purpose, "trust.status-form");
  const [, context] = payload["@context"];
  need(context === undefined || context === `https://${told.registry}/ns/v1`, "trust.status-form");
  need(issuer === key.kid.split("#")[0] && epoch(validUntil) === epoch(validFrom) + MOST_AGE_MS, "trust.status-form");
  const bits = await inflated(fromBase64url(subject.encodedList.slice(1)));
  need(bits.length * 8 >= LIST_BITS, "trust.status-short");
  return { told, bits, issued: epoch(validFrom), key };
}

/** A status list that is its own entry of the log, at the size that it covers. */
async function loggedList(line, registry, heads) {
  const list = await openList(line, registry);
  const { entry, index, origin } = await logged(line.proof, heads);
  const credential = utf8(line.credential);
  const digest = await sha256(utf8("oreprint status v1\n"), credential);
  need(entry.kind === KIND.status && equal(entry.digest, await blinded(digest)), "record.entry");
  need(entry.marks.length === 0 && entry.changes.length === 0, "status.list");
  need(entry.listed.number === list.told.number && index === list.told.size, "status.list");
  need(equal(entry.listed.digest, await sha256(credential)), "status.list");
  need(list.issued === entry.time - (entry.time % 1000), "trust.status-form");
  need(isGood(list.key, entry.time), "trust.key-time");
  return { ...list, entry, index, origin };
}

const named = (registry, purpose, list) => `${registry} ${purpose} ${list}`;

/** The fresh status lists of a bundle by registry, purpose and number. */
export async function openLists(lines, trust, heads, now, findings) {
  const fresh = new Map();
  for (const line of lines) {
    const registry = trust.listed.registries.find((each) => each.id === line.registry);
    if (registry === undefined) continue; // says nothing
    if (!heads.has(line.registry)) {
      findings.say(2, "not-checked", "log.included");
      continue;
    }
    const found = await findings.check(6, () => loggedList(line, registry, heads.get(line.registry)));
    if (found === null) continue;
    const place = named(line.registry, found.told.purpose, found.told.list);
    const age = now - found.entry.time;
    if (fresh.has(place)) findings.say(1, "failed", "bundle.twice");
    else if (age < -MOST_AHEAD_MS || age > MOST_AGE_MS) findings.say(6, "not-checked", "status.list");
    else fresh.set(place, found);
  }
  return fresh;
}

/** What entries of records shown have done to a status place. */
function changesOf({ registry, status }, records) {
  const own = records.filter((each) => each.registry === registry && each.logged !== null);
  const found = own.flatMap(({ logged: at }) => at.entry.changes.map((change) => ({ ...at, ...change, at: at.index })));
  return found.filter(({ list, index }) => list === status.list && index === status.index).sort((a, b) => a.entry.time - b.entry.time || a.at - b.at);
}

/** Judge a certificate's three bits; `ends` is told what has ended it. */
export function judgeBits(record, lists, records, findings, ends) {
  const changes = changesOf(record, records);
  for (const purpose of PURPOSES) {
    const list = lists.get(named(record.registry, purpose, record.status.list));
    judgeBit(purpose, list, changes, record, findings, ends);
  }
}

const covers = (list, change) => (list.origin === change.origin ? change.at < list.index : change.entry.time <= list.entry.time);

function judgeBit(purpose, list, changes, record, findings, ends) {
  const { index } = record.status;
  const own = changes.filter((change) => change.purpose === purpose);
  let bit = 0;
  if (!list) {
    findings.say(6, "not-checked", "status.list");
  } else if (index >= list.bits.length * 8) {
    findings.say(6, "failed", "trust.status-short");
  } else {
    bit = (list.bits[index >> 3] >> (7 - (index % 8))) & 1;
    // a suspension may have been lifted by what isn't shown; nothing else is ever taken back
    if (!bit && purpose !== "suspension" && own.some((change) => covers(list, change))) findings.say(6, "failed", "status.list");
    findings.say(6, "passed");
  }
  const later = own.filter((change) => !list || !covers(list, change));
  if (later.length ? later.at(-1).value : bit) {
    ends({ revocation: "status.withdrawn", suspension: "status.suspended", refresh: "status.superseded" }[purpose]);
  }
}

/**
 * What the subject's registry says of ended lots behind it (ledger/verify/upstream.py): their states, and as of when in ms since 1970;
 * `made` is null where the word is too old, and all is null where nobody speaks.
 */
export async function hearWord({ word, subject, trust, now }, findings) {
  const registry = trust.listed.registries.find(({ id }) => id === subject.record.registry);
  if (word === null || registry === undefined || word.value.registry !== registry.id) return null;
  const { jws, value } = word;
  const made = epoch(value.made);
  const own = await findings.check(6, async () => {
    const key = allStatusKeys(registry).find(({ kid }) => kid === jws.kid);
    need(value.certificate === subject.digest && key !== undefined && isGood(key, made), "status.upstream");
    await verifyEd25519(fromBase64url(key.public), jws.signed, jws.signature).catch(() => need(false, "status.upstream"));
    return true;
  });
  if (!own) return null;
  const fresh = now - made >= -MOST_AHEAD_MS && now - made <= MOST_AGE_MS;
  if (!fresh) findings.say(6, "warning", "status.upstream");
  return { made: fresh ? made : null, ended: value.ended.filter(({ state }) => fresh || state === "withdrawn") };
}
