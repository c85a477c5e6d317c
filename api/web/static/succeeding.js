// Whether a trust list is the next of a pinned one (ledger/trust/pinned.py, `succeed`; ledger/trust/logged.py).

import { equal, fromBase64url, need, sha256, toBase64url, utf8 } from "./bytes.js";
import { weakensNothing } from "./following.js";
import { KIND, cosignedBy, openCheckpoint, parseEntry, verifyInclusion } from "./log.js";
import { COSIGNATURE_BYTES, different, endorsers, fileIn, openTrust, parseNote, parseVkey } from "./trust.js";

/** Whether the witnesses and the monitors of a registry, as a list names them, have signed a later list. */
async function endorsed(registry, note) {
  for (const { least, keys } of [registry.witnesses, registry.monitors]) {
    const signed = keys.map(async (key) => endorsers(note, [await parseVkey(key)]).catch(() => []));
    if (different((await Promise.all(signed)).flat()) < least) return false;
  }
  return true;
}

const isWatched = ({ witnesses, monitors }) => witnesses.least + monitors.least > 0;

/** The lines of a note as they were logged: as they are, or without the signatures that watchers added. */
function versions(given) {
  const at = given.lastIndexOf("\n\n") + 2;
  const { signatures } = parseNote(given);
  const own = given.slice(at, -1).split("\n").filter((_, line) => signatures[line].raw.length < COSIGNATURE_BYTES);
  return [given, `${given.slice(0, at)}${own.join("\n")}\n`];
}

/** Check that a list is in a log that the watchers of the list before have seen. */
async function checkLogged(before, after, { note, logged }, signed) {
  const watched = before.registries.filter(isWatched);
  if (watched.length === 0) return;
  need(logged !== undefined, "trust.unproven");
  const origin = logged.checkpoint.split("\n")[0];
  const found = watched.find((registry) => [registry, after.registries.find(({ id }) => id === registry.id)].some((each) => each?.logs.some((log) => log.origin === origin)));
  need(found, "trust.unproven");
  const later = after.registries.find(({ id }) => id === found.id) ?? found;
  const [known, added] = [found, later].map(({ logs }) => logs.find((log) => log.origin === origin));
  const judge = (await endorsed(found, signed)) ? later : found;
  const head = await openCheckpoint(logged.checkpoint, known ?? added);
  need(await cosignedBy(judge, head.note, () => true), "trust.unproven");
  need(known === undefined || (await head.counts(found)), "trust.unproven");
  const raw = fromBase64url(logged.entry);
  const entry = parseEntry(raw);
  await verifyInclusion(logged.path.map((step) => fromBase64url(step)), head, logged.index, await sha256([0], raw));
  const digests = await Promise.all(versions(note).map((each) => sha256(utf8(each))));
  need(entry.kind === KIND.trust && entry.listed.number === after.number, "trust.unproven");
  need(digests.some((digest) => equal(digest, entry.listed.digest)), "trust.unproven");
}

/** Whether two files have the same list, though it may have other signatures or another place in the log. */
export const sameList = (one, other) => parseNote(fileIn(one).note).text === parseNote(fileIn(other).note).text;

/** Whether a list is the next after a pinned one, signed by that one's keys, too, logged, and weakens nothing that its reader relies on. */
export async function succeeds(pinned, given) {
  try {
    const [before, after] = await Promise.all([openTrust(pinned), openTrust(given)]);
    const file = fileIn(given);
    const [note, known] = [parseNote(file.note), parseNote(fileIn(pinned).note)];
    const signed = different(await endorsers(note, await Promise.all(before.listed.keys.map(parseVkey))));
    const digest = toBase64url(await sha256(utf8(known.text.slice(0, -1))));
    const next = after.listed.number === before.listed.number + 1 && after.listed.previous === digest;
    if (!next || signed < before.listed.threshold) return false;
    const asked = { parse: parseVkey, endorsed: (registry) => endorsed(registry, note) };
    if (!(await weakensNothing(before.listed.registries, after.listed.registries, asked))) return false;
    await checkLogged(before.listed, after.listed, file, note);
    return true;
  } catch {
    return false;
  }
}
