// What a label says: its link or code in their one spelling, and its seal (ledger/carrier/link.py, code.py, seal.py).
//
// A link is parsed, never opened: no text of a symbol leads this browser anywhere.

import { Wrong, digestBytes, digestText, equal, fromBase64url, joined, need, text, uint, utf8 } from "./bytes.js";
import { verify as verifyEd25519 } from "./ed25519.js";
import { epoch, read } from "./form.js";

const MOST_LINK = 2048;
const MOST_SEAL = 700;
const CODE = 12;
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const DOMAIN = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?){0,8}";
const OCTET = "\\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const LOCAL = `http://(?:localhost|(?:127|10)(?:${OCTET}){3}|(?:192\\.168|172\\.(?:1[6-9]|2[0-9]|3[01]))(?:${OCTET}){2})`;
const ORIGIN = `(https://${DOMAIN}(?::(?!443(?![0-9]))[1-9][0-9]{0,4})?|${LOCAL}(?::(?!80(?![0-9]))[1-9][0-9]{0,4})?)`;
const DIGEST = /^zQm[1-9A-HJ-NP-Za-km-z]{44}$/;
const LOT = /^[!"%-?A-Z_a-z]{1,20}$/;
const LINK = new RegExp(`^${ORIGIN}/(?:c/(zQm[1-9A-HJ-NP-Za-km-z]{44})|01/([0-9]{14})/10/([^/?#]+))(?:#([A-Za-z0-9_-]+))?$`);

const sound = (digest) => {
  try {
    return digestText(digestBytes(digest)) === digest;
  } catch {
    return false;
  }
};

/** The label that a link is of, or null: where it leads, its digest or its product and lot, and its seal. */
export function parseLabel(given) {
  const found = given.length <= MOST_LINK ? LINK.exec(given) : null;
  if (found === null) return null;
  const [, origin, digest, gtin, path, seal = null] = found;
  const lot = path && lotIn(path);
  if (digest ? !sound(digest) : lot === null || !hasCheckDigit(gtin)) return null;
  const host = origin.replace(/^https?:\/\//, "");
  const short = digest ? `${labelCode(digest)} · ${host}` : `${lot} · ${gtin} · ${host}`;
  return { text: given, origin, digest: digest ?? null, seal, short };
}

const escaped = (lot) => encodeURIComponent(lot).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

/** Whether a GTIN of 14 digits ends with its check digit (GS1 General Specifications, 7.9.1). */
const hasCheckDigit = (gtin) => [...gtin].reduce((sum, digit, place) => sum + Number(digit) * (place % 2 ? 1 : 3), 0) % 10 === 0;

/** The lot in a GS1 path, or null where it has another spelling or does not fit there. */
function lotIn(path) {
  try {
    const lot = decodeURIComponent(path);
    return LOT.test(lot) && lot !== "." && lot !== ".." && escaped(lot) === path ? lot : null;
  } catch {
    return null;
  }
}

/** The check character of a code: Luhn's modulo 58, from the right. */
function checkCharacter(start) {
  const values = [...start].reverse().map((character, place) => ALPHABET.indexOf(character) * (place % 2 ? 1 : 2));
  const total = values.reduce((sum, value) => sum + Math.floor(value / 58) + (value % 58), 0);
  return ALPHABET[(58 - (total % 58)) % 58];
}

/** The code under the symbol of a certificate, as people type it. */
export function labelCode(digest) {
  const start = digest.slice(3, 3 + CODE);
  return `${start.match(/.{4}/g).join(" ")}-${checkCharacter(start)}`;
}

/** What somebody typed: "code" or "digest" where it is well formed, "mistyped" where one character is wrong or more, else null. */
export function typed(given) {
  const code = given.replace(/\s/g, "").replaceAll("-", "");
  if (DIGEST.test(given.trim())) return sound(given.trim()) ? "digest" : "mistyped";
  if (code.startsWith("zQm") || code.length < CODE || code.length > CODE + 2 || !/^[A-Za-z0-9]+$/.test(code)) return null;
  const fits = code.length === CODE + 1 && [...code].every((each) => ALPHABET.includes(each));
  return fits && checkCharacter(code.slice(0, CODE)) === code[CODE] ? "code" : "mistyped";
}

// -- the seal: COSE_Sign1 in core deterministic CBOR ------------------------------------------------------------------

const BYTES = 2;
const TEXT = 3;
const [ALG, KID, EDDSA, ISS, IAT, BATCH] = [1, 4, -8, 1, 6, -65537];

/** Reads CBOR in its one deterministic spelling (RFC 8949, 4.2.1); whatever else there is, is refused. */
class Cbor {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** The major type and the argument of the next item. */
  head() {
    need(this.at < this.bytes.length, "carrier.seal-form");
    const first = this.bytes[this.at];
    const low = first & 31;
    this.at += 1;
    if (low < 24) return [first >> 5, BigInt(low)];
    const size = { 24: 1, 25: 2, 26: 4, 27: 8 }[low];
    need(size !== undefined && this.at + size <= this.bytes.length, "carrier.seal-form");
    const value = uint(this.bytes, this.at, size);
    this.at += size;
    need(value >= (size === 1 ? 24n : 1n << BigInt(4 * size)), "carrier.seal-form");
    return [first >> 5, value];
  }

  /** The argument of an item that must have this major type. */
  of(type) {
    const [found, value] = this.head();
    need(found === type, "carrier.seal-form");
    return value;
  }

  span(type) {
    const size = Number(this.of(type));
    need(this.at + size <= this.bytes.length, "carrier.seal-form");
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  text() {
    return text(this.span(TEXT), "carrier.seal-form");
  }

  /** An integer, of any size: of more than 64 bits it is a tagged string of bytes (RFC 8949, 3.4.3). */
  integer() {
    const [type, value] = this.head();
    if (type === 0) return value;
    if (type === 1) return -1n - value;
    need(type === 6 && (value === 2n || value === 3n), "carrier.seal-form");
    const raw = this.span(BYTES);
    need(raw.length > 8 && raw[0] !== 0, "carrier.seal-form");
    const large = uint(raw, 0, raw.length);
    return value === 2n ? large : -1n - large;
  }

  /** Refuse another integer than this. */
  exactly(...values) {
    for (const value of values) need(this.integer() === BigInt(value), "carrier.seal-form");
  }

  /** Refuse a list or a map of another number of items. */
  sized(type, size) {
    need(this.of(type) === BigInt(size), "carrier.seal-form");
  }

  end() {
    need(this.at === this.bytes.length, "carrier.seal-form");
  }
}

const [LIST, MAP, TAG] = [4, 5, 6];

/** An amount as documents write it: of a number of the smallest unit, `places` decimals. */
function amount(number, places) {
  const digits = String(number < 0n ? -number : number).padStart(places + 1, "0");
  const decimals = digits.slice(-places).replace(/0+$/, "");
  return `${number < 0n ? "-" : ""}${digits.slice(0, -places)}${decimals && "."}${decimals}`;
}

function instant(seconds) {
  const at = new Date(Number(seconds) * 1000);
  need(seconds >= 0n && seconds < 253402300800n, "carrier.seal-form");
  return at.toISOString().replace(".000Z", "Z");
}

function claims(payload) {
  const cbor = new Cbor(payload);
  cbor.sized(MAP, 3);
  cbor.exactly(ISS);
  const issuer = cbor.text();
  cbor.exactly(IAT);
  const issued = instant(cbor.integer());
  cbor.exactly(BATCH);
  cbor.sized(LIST, 8);
  cbor.exactly(1);
  const registry = cbor.text();
  const status = { list: Number(cbor.integer()), index: Number(cbor.integer()) };
  const [lot, mass, figure] = [cbor.text(), amount(cbor.integer(), 6), amount(cbor.integer(), 12)];
  const certificate = cbor.span(BYTES);
  cbor.end();
  need(certificate.length === 32, "carrier.seal-form");
  const said = { issuer, issued, registry, status, lot, net_mass_kg: mass, kg_co2e_per_kg: figure, certificate: digestText([...certificate]) };
  return read("seal", JSON.stringify(said));
}

/** The key id in a protected header; a did:key has one key, which is its own name. */
function keyId(header, did) {
  const cbor = new Cbor(header);
  const own = did.startsWith("did:key:");
  cbor.sized(MAP, own ? 1 : 2);
  cbor.exactly(ALG, EDDSA);
  let fragment = did.slice("did:key:".length);
  if (!own) {
    cbor.exactly(KID);
    const raw = cbor.span(BYTES);
    need(raw.every((byte) => byte < 128), "carrier.seal-form");
    fragment = text(raw, "carrier.seal-form");
  }
  cbor.end();
  return `${did}#${fragment}`;
}

/** The head of a string in CBOR, for what is signed. */
function headed(type, bytes) {
  const size = bytes.length;
  return joined(size < 24 ? [(type << 5) | size] : size < 256 ? [(type << 5) | 24, size] : [(type << 5) | 25, size >> 8, size & 255], bytes);
}

/** A seal that is well formed; its signature isn't verified. */
export function openSeal(given) {
  need(given.length <= MOST_SEAL, "carrier.seal-form");
  const cbor = new Cbor(fromBase64url(given));
  need(cbor.of(TAG) === 18n, "carrier.seal-form");
  cbor.sized(LIST, 4);
  const header = cbor.span(BYTES);
  cbor.sized(MAP, 0);
  const [payload, signature] = [cbor.span(BYTES), cbor.span(BYTES)];
  cbor.end();
  const said = claims(payload);
  const signed = joined([0x84], headed(TEXT, utf8("Signature1")), headed(BYTES, header), [0x40], headed(BYTES, payload));
  return { said, kid: keyId(header, said.issuer), signed, signature };
}

/** Judge the seal of a label by a pinned trust list alone; the party is whose key made it. */
export async function checkSeal(label, trust) {
  const { said, kid, signed, signature } = openSeal(label.seal);
  if (label.digest) need(equal(utf8(label.digest), utf8(said.certificate)), "carrier.seal-differs");
  const key = trust.keys.get(kid);
  need(key !== undefined, "trust.key-unknown");
  need(epoch(said.issued) < key.until, "trust.key-time");
  need(signature.length === 64, "seal.signature");
  await verifyEd25519(key.public, signed, signature, "seal.signature");
  return { said, party: key.party };
}

/** Whether a seal was refused because nobody in the trust list has its key: that is no sign of a forgery. */
export const isUnknown = (error) => error instanceof Wrong && error.code === "trust.key-unknown";

/** Whether a seal says what its certificate says (ledger/carrier/seal.py). */
export function sealFits(said, record, digest) {
  const due = [record.issuer.did, record.issued, record.registry, record.status.list, record.status.index];
  due.push(record.batch.lot, record.batch.net_mass_kg, record.footprint.per_kg.location, digest);
  const told = [said.issuer, said.issued, said.registry, said.status.list, said.status.index, said.lot, said.net_mass_kg];
  return [...told, said.kg_co2e_per_kg, said.certificate].every((each, at) => each === due[at]);
}
