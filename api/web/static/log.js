// Heads of logs, entries, and the places of records in them (ledger/log, ledger/verify/heads.py).

import { compared, equal, fromBase64, fromBase64url, need, sha256, toBase64url, uint, utf8 } from "./bytes.js";
import { counting, termsOf } from "./following.js";
import { epoch } from "./form.js";
import { different, endorsers, parseNote, parseVkey } from "./trust.js";

export const MOST_AGE_MS = 24 * 60 * 60 * 1000;
export const MOST_AHEAD_MS = 5 * 60 * 1000;
export const PURPOSES = ["revocation", "suspension", "refresh"];
export const KIND = { record: 1, status: 2, trust: 3 };
const MOST_NUMBER = 2n ** 63n - 1n;
const MOST_ENTRY = 65535;

/** Whether enough witnesses and monitors of a registry have cosigned a note at a time that counts. */
export async function cosignedBy(registry, note, timely) {
  for (const quorum of [registry.witnesses, registry.monitors]) {
    const terms = await termsOf(quorum, parseVkey);
    const signed = await endorsers(note, [...terms.values()].map(({ key }) => key));
    const good = ({ key, at }) => timely(at) && counting(terms.get(toBase64url(key.public)), at);
    if (different(signed.filter(good)) < quorum.least) return false;
  }
  return true;
}

/** The checkpoint of a log that its key signed, no longer than the log, and of its end as the list has it. */
export async function openCheckpoint(checkpoint, log) {
  const note = parseNote(checkpoint);
  const [origin, size, encoded, rest] = note.text.split("\n");
  need(origin === log.origin, "log.origin");
  need(rest === "" && note.text.split("\n").length === 4 && /^(0|[1-9]\d{0,15})$/.test(size), "log.checkpoint-form");
  const root = fromBase64(encoded, "log.checkpoint-root");
  need(root.length === 32 && (size !== "0" || equal(root, await sha256())), "log.checkpoint-root");
  need((await endorsers(note, [await parseVkey(log.key)])).length > 0, "log.unsigned");
  need(log.final_size === undefined || Number(size) <= log.final_size, "log.closed");
  const last = log.final_size === Number(size);
  const rooted = last && log.final_root !== undefined;
  need(!rooted || equal(root, fromBase64url(log.final_root)), "log.other-end");
  const before = (at) => at < epoch(log.compromised);
  const counts = async (registry) =>
    log.compromised === undefined || rooted || (registry.witnesses.least + registry.monitors.least > 0 && (await cosignedBy(registry, note, before)));
  return { note, origin, size: BigInt(size), root, last, counts };
}

async function openHead(line, trust, now) {
  const registry = trust.listed.registries.find((each) => each.id === line.registry);
  need(registry, "trust.registry-unknown");
  const origin = parseNote(line.checkpoint).text.split("\n")[0];
  const log = registry.logs.find((each) => each.origin === origin);
  need(log, "log.origin");
  const { note, size, root, last, counts } = await openCheckpoint(line.checkpoint, log);
  const timely = (at) => at <= now + MOST_AHEAD_MS && (last || at >= now - MOST_AGE_MS);
  const quorum = (await counts(registry)) && (await cosignedBy(registry, note, timely));
  const voided = new Set(registry.voided.filter((each) => each.origin === origin).map((each) => each.index));
  return { registry, origin, closed: log.final_size !== undefined, size, root, quorum, voided };
}

export async function verifyInclusion(path, head, at, leaf) {
  let index = BigInt(at);
  need(index < head.size, "log.index");
  const inner = (index ^ (head.size - 1n)).toString(2).length;
  const below = index === head.size - 1n ? 0 : inner;
  const right = [...(index >> BigInt(below)).toString(2)].filter((bit) => bit === "1").length;
  need(path.length === below + right && path.every((step) => step.length === 32), "log.proof-length");
  let node = leaf;
  for (const [height, sibling] of path.entries()) {
    const left = height >= below || (index & 1n) === 1n;
    node = left ? await sha256([1], sibling, node) : await sha256([1], node, sibling);
    index >>= 1n;
  }
  need(equal(node, head.root), "log.inclusion");
}

export function parseEntry(raw) {
  need(raw.length >= 46 && raw.length <= MOST_ENTRY && raw[0] === 1, "log.entry-form");
  need(uint(raw, 2, 8) <= MOST_NUMBER, "log.entry-time");
  const kind = raw[1];
  const count = Number(uint(raw, 42, 2));
  const bitsAt = 44 + 32 * count;
  need(raw.length >= bitsAt + 2, "log.entry-form");
  const bits = Number(uint(raw, bitsAt, 2));
  const end = bitsAt + 2 + 10 * bits;
  need(raw.length === end + (kind === KIND.record ? 0 : 40) && kind >= 1 && kind <= 3, "log.entry-form");
  const marks = Array.from({ length: count }, (_, at) => raw.subarray(44 + 32 * at, 76 + 32 * at));
  need(marks.every((mark, at) => at === 0 || compared(marks[at - 1], mark) < 0), "log.entry-order");
  const listed = kind === KIND.record ? null : { number: Number(uint(raw, end, 8)), digest: raw.subarray(end + 8) };
  need(listed === null || uint(raw, end, 8) <= MOST_NUMBER, "log.entry-listed");
  const changes = Array.from({ length: bits }, (_, at) => {
    const from = bitsAt + 2 + 10 * at;
    return { list: Number(uint(raw, from, 4)), index: Number(uint(raw, from + 4, 4)), purpose: PURPOSES[raw[from + 8] - 1], value: raw[from + 9] };
  });
  need(changes.every(({ purpose, value }) => purpose !== undefined && value <= 1), "log.entry-bit");
  const placed = changes.map((_, at) => raw.subarray(bitsAt + 2 + 10 * at, bitsAt + 11 + 10 * at));
  need(placed.every((place, at) => at === 0 || compared(placed[at - 1], place) < 0), "log.entry-order");
  return { kind, time: Number(uint(raw, 2, 8)), digest: raw.subarray(10, 42), marks, changes, listed };
}

/** The heads of a bundle by registry: that of the log in use first, beside it those of logs that the registry has closed. */
export async function openHeads(lines, trust, now, findings) {
  const heads = new Map();
  for (const line of lines) {
    const head = await findings.check(2, () => openHead(line, trust, now));
    if (head === null) continue;
    const present = heads.get(line.registry) ?? [];
    const twice = present.some((each) => each.origin === head.origin || !(each.closed || head.closed));
    if (twice) findings.say(1, "failed", "bundle.head-twice");
    else heads.set(line.registry, [...present, head].sort((a, b) => a.closed - b.closed));
    if (!head.quorum) findings.say(2, "not-checked", "log.included");
  }
  return heads;
}

/** Where a proof leads: its entry, and in which log it stands. */
export async function logged(proof, heads) {
  const raw = fromBase64url(proof.entry);
  const entry = parseEntry(raw);
  need(Number.isSafeInteger(proof.index) && proof.index >= 0, "log.index");
  const path = proof.path.map((step) => fromBase64url(step));
  const leaf = await sha256([0], raw);
  let refused;
  for (const head of heads) {
    try {
      await verifyInclusion(path, head, proof.index, leaf);
      need(!head.voided.has(proof.index), "log.not-voided");
      return { entry, index: proof.index, origin: head.origin };
    } catch (error) {
      refused ??= error;
    }
  }
  throw refused;
}

export const blinded = (digest) => sha256(utf8("oreprint leaf v1\n"), digest);
