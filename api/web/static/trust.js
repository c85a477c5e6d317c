// Signed notes, verifier keys and the pinned trust list (ledger/log/vkey.py, ledger/trust).

import { Wrong, equal, fromBase64, fromBase64url, need, sha256, toBase64url, uint, utf8 } from "./bytes.js";
import { checkKey, verify as verifyEd25519 } from "./ed25519.js";
import { termsOf } from "./following.js";
import { epoch, read } from "./form.js";

const MOST_NOTE = 1_000_000;
const MOST_SIGNATURES = 100;
const MOST_NUMBER = 2n ** 63n - 1n;
const COSIGNS = 4;
export const COSIGNATURE_BYTES = 72;
const BAD_NAME = /^$|[+\p{White_Space}\x1c-\x1f]/u;

export function parseNote(given) {
  const at = given.lastIndexOf("\n\n");
  need(at > 0 && given.endsWith("\n") && !/[\x00-\x09\x0b-\x1f]/.test(given) && utf8(given).length <= MOST_NOTE, "log.note-form");
  const lines = given.slice(at + 2, -1).split("\n");
  need(lines.length <= MOST_SIGNATURES, "log.note-signatures");
  const signatures = lines.map((line) => {
    const found = /^— ([^ ]+) ([^ ]+)$/u.exec(line);
    need(found && !BAD_NAME.test(found[1]), "log.note-signature");
    const raw = fromBase64(found[2], "log.note-signature");
    need(raw.length > 4, "log.note-signature");
    return { name: found[1], id: raw.subarray(0, 4), raw: raw.subarray(4) };
  });
  return { text: given.slice(0, at + 1), signatures };
}

export async function parseVkey(vkey) {
  const [name, id, ...rest] = vkey.split("+");
  need(!BAD_NAME.test(name), "log.key-name");
  const raw = fromBase64(rest.join("+"), "log.vkey");
  need(raw.length === 33 && (raw[0] === 1 || raw[0] === COSIGNS), "log.vkey");
  const own = (await sha256(utf8(`${name}\n`), raw)).subarray(0, 4);
  need(id === [...own].map((byte) => byte.toString(16).padStart(2, "0")).join(""), "log.vkey");
  checkKey(raw.subarray(1));
  return { name, id: own, type: raw[0], public: raw.subarray(1) };
}

/** Which of the keys signed the note, and when it cosigned; a signature that names one of them must be good. */
export async function endorsers(note, keys) {
  const found = [];
  for (const key of keys) {
    for (const line of note.signatures.filter((each) => each.name === key.name && equal(each.id, key.id))) {
      let message = utf8(note.text);
      let signature = line.raw;
      if (key.type === COSIGNS) {
        need(signature.length === COSIGNATURE_BYTES && uint(signature, 0, 8) <= MOST_NUMBER, "log.signature");
        message = utf8(`cosignature/v1\ntime ${uint(signature, 0, 8)}\n${note.text}`);
        signature = signature.subarray(8);
      }
      await verifyEd25519(key.public, message, signature, "log.signature");
      found.push({ key, at: key.type === COSIGNS ? Number(uint(line.raw, 0, 8)) * 1000 : 0 });
    }
  }
  return found;
}

export const different = (signed) => new Set(signed.map(({ key }) => toBase64url(key.public))).size;

/** What is in the text of a file trust.json; a note's text itself has no place in the log. */
export const fileIn = (given) => (given.startsWith('{"note":') ? read("trust-file", given.trim()) : { note: given });

const noteIn = (given) => parseNote(fileIn(given).note);

/** The trust list in the text of a file trust.json, or in its note. */
export async function openTrust(given) {
  const parsed = noteIn(given);
  need(parsed.text.indexOf("\n") === parsed.text.length - 1, "trust.form");
  const listed = read("trust-list", parsed.text.slice(0, -1));
  const own = await Promise.all(listed.keys.map(parseVkey));
  const signers = await endorsers(parsed, own);
  need(different(signers) >= listed.threshold, "trust.threshold");
  const keys = new Map();
  for (const party of listed.parties) {
    for (const key of party.keys) {
      need(key.kid.split("#")[0] === party.did && !keys.has(key.kid), "trust.key-party");
      const ends = [key.until, key.compromised].filter((each) => each !== undefined).map(epoch);
      const raw = fromBase64url(key.public);
      checkKey(raw);
      keys.set(key.kid, { party, public: raw, since: epoch(key.since), until: ends.length ? Math.min(...ends) : Infinity });
    }
  }
  checkUnique(listed);
  await checkRoles(listed, own, keys);
  checkAuditors(listed);
  return { listed, keys };
}

/** Whether all of some names are among others. */
export const areOf = (names, all) => names.every((name) => all.some(({ lang, text }) => lang === name.lang && text === name.text));

/** The names of a party, of now or of then, that have all of `own` among them; else those of now. */
export function namesWith({ names, former_names: former = [] }, own) {
  return [names, ...former.map((each) => each.names).reverse()].find((all) => areOf(own, all)) ?? names;
}

/** A digit of any script as ASCII: the ten of a script stand one after another. */
function asciiDigit(digit) {
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(digit.codePointAt(0) - value - 1))) value += 1;
  return String(value);
}

/** The form by which lots, and other names, are told apart (schemas/lot.py), as near as JavaScript folds case. */
export function normal(name) {
  const fold = (given) => given.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
  const dashed = fold(name).replace(/\s+/gu, "").replace(/[‐-―⁃−֊־᐀⸺⸻゠︱︲﹘]/gu, "-");
  return dashed.replace(/\p{Nd}/gu, asciiDigit).replace(/(?<![0-9])0+(?=[0-9])/g, "");
}

function checkUnique({ parties, registries, plants = [], schemes = [] }) {
  const logs = registries.flatMap((registry) => registry.logs.map((log) => log.origin));
  const named = [parties.map(({ did }) => did), registries.map(({ id }) => id), logs, plants.map(({ facility }) => facility)];
  for (const names of [...named, schemes.map(({ scheme }) => normal(scheme))]) need(new Set(names).size === names.length, "trust.twice");
}

/** The status keys of a registry, the present one first. */
export const allStatusKeys = ({ status_key: present, former_status_keys: former = [] }) => [present, ...former];

/** Every public key of a trust list has one role and one name, and every quorum can be reached. */
async function checkRoles(listed, own, keys) {
  const known = new Map();
  const use = (role, name, key) => {
    const told = `${role} ${name}`;
    const found = known.get(toBase64url(key)) ?? told;
    need(found === told, "trust.key-shared");
    known.set(toBase64url(key), told);
  };
  const dated = [...(await termsOf(listed, parseVkey)).values()].map(({ key }) => key);
  for (const key of [...own, ...dated]) use("trust list", key.name, key.public);
  for (const [kid, key] of keys) use("issuer", kid, key.public);
  for (const registry of listed.registries) {
    for (const log of registry.logs) {
      const key = await parseVkey(log.key);
      need(key.name === log.origin, "trust.log-name");
      use("log", log.origin, key.public);
    }
    const statusKeys = allStatusKeys(registry);
    need(new Set(statusKeys.map(({ kid }) => kid)).size === statusKeys.length, "trust.twice");
    for (const each of statusKeys) {
      const status = fromBase64url(each.public);
      checkKey(status);
      use("status", each.kid, status);
    }
    for (const [role, quorum] of [["witness", registry.witnesses], ["monitor", registry.monitors]]) {
      const { least } = quorum;
      const asked = await Promise.all(quorum.keys.map(parseVkey));
      need(asked.every((key) => key.type === COSIGNS), "log.vkey-cosigns");
      need(different(asked.map((key) => ({ key }))) === asked.length, "trust.twice");
      need(least <= asked.length && (least > 0 || asked.length === 0), "trust.quorum");
      for (const { key } of (await termsOf(quorum, parseVkey)).values()) {
        need(key.type === COSIGNS, "log.vkey-cosigns");
        use(role, key.name, key.public);
      }
    }
  }
}

/** Auditors are parties of the list, fit for it, and independent of whom they judge (ledger/trust/auditors.py). That their names, operators and domains differ for the eye is checked by the server, which has the tables for it. */
function checkAuditors({ parties, registries }) {
  const named = new Set();
  for (const { auditors } of registries) {
    if (auditors === undefined) continue;
    need(new Set(auditors.parties).size === auditors.parties.length, "trust.auditor-twice");
    need(auditors.least <= auditors.parties.length, "trust.auditors-least");
    for (const did of auditors.parties) named.add(did);
  }
  if (named.size === 0) return;
  const runBy = new Map();
  const run = (did, operator, who) => {
    for (const each of new Set([normal(did), normal(operator ?? did)])) runBy.set(each, (runBy.get(each) ?? new Set()).add(who));
  };
  for (const party of parties) {
    const produces = party.facilities.length + party.kinds.length > 0;
    if (named.has(party.did)) {
      need(party.attests?.scopes.includes("chain") && !party.custodial && !party.demo && !produces, "trust.auditor-scope");
    }
    if (named.has(party.did) || produces) run(party.did, party.operator, party.did);
  }
  need([...named].every((did) => parties.some((party) => party.did === did)), "trust.auditor-unlisted");
  for (const registry of registries) run(`did:web:${registry.id}`, registry.operator, registry.id);
  for (const together of runBy.values()) {
    need(together.size === 1 || ![...together].some((did) => named.has(did)), "trust.auditor-operator");
  }
}
