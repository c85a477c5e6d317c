// Bytes and the alphabets they are written in: one spelling each, as in docs/formats.md.

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** What a check found wrong, under a stable code. */
export class Wrong extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** Refuse under this code what doesn't hold. */
export const need = (holds, code) => {
  if (!holds) throw new Wrong(code);
};

export const utf8 = (text) => ENCODER.encode(text);

export function text(bytes, code) {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new Wrong(code);
  }
}

export function joined(...parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function compared(a, b) {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    if (a[i] !== b[i]) return a[i] - b[i];
  }
  return a.length - b.length;
}

export const equal = (a, b) => a.length === b.length && compared(a, b) === 0;

export function toBase64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

export function fromBase64(encoded, code) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  } catch {
    throw new Wrong(code);
  }
  if (toBase64(bytes) !== encoded) throw new Wrong(code);
  return bytes;
}

export const toBase64url = (bytes) => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Uint8Array(128).fill(64);
for (let value = 0; value < 64; value += 1) VALUES[ALPHABET.charCodeAt(value)] = value;

/** Bytes of a text whose unused bits at the end are 0; by hand, since most of a bundle is such text. */
export function fromBase64url(encoded, code = "seal.base64url") {
  need(typeof encoded === "string" && encoded.length % 4 !== 1, code);
  const bytes = new Uint8Array(Math.floor((encoded.length * 3) / 4));
  let [held, bits, at] = [0, 0, 0];
  for (let i = 0; i < encoded.length; i += 1) {
    const value = VALUES[encoded.charCodeAt(i)];
    if (!(value < 64)) throw new Wrong(code); // a character beyond the table has no value
    held = (held << 6) | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = held >> bits;
    at += 1;
    held &= (1 << bits) - 1;
  }
  need(held === 0, code);
  return bytes;
}

export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

export async function textDigest(ascii) {
  return toBase64url(await sha256(utf8(ascii)));
}

/** A certificate's digest as it stands in links: multibase base58btc of the multihash. */
export function digestText(bytes) {
  let number = 0n;
  for (const byte of [0x12, 0x20, ...bytes]) number = number * 256n + BigInt(byte);
  let characters = "";
  for (; number > 0n; number /= 58n) characters = BASE58[Number(number % 58n)] + characters;
  return `z${characters}`;
}

/** The 32 bytes of a certificate's digest; inverse of `digestText`. */
export function digestBytes(digest) {
  const number = [...digest.slice(1)].reduce((sum, character) => sum * 58n + BigInt(BASE58.indexOf(character)), 0n);
  const bytes = bigEndian(number, 34);
  if (bytes[0] !== 0x12 || bytes[1] !== 0x20 || number >> 272n) throw new Wrong("seal.certificate-digest");
  return bytes.subarray(2);
}

/** A value whose text is the compact serialisation of it, and so the only text it may have. */
export function fromJson(given, code) {
  let value;
  try {
    value = JSON.parse(given);
  } catch {
    throw new Wrong(code);
  }
  // half of a surrogate pair is the one thing that JSON.stringify writes and UTF-8 can't hold
  if (JSON.stringify(value) !== given || /(?:^|[^\\])(?:\\\\)*\\ud/.test(given)) throw new Wrong(code);
  return value;
}

export const uint = (bytes, at, size) => {
  let number = 0n;
  for (let i = at; i < at + size; i += 1) number = number * 256n + BigInt(bytes[i]);
  return number;
};

export function bigEndian(number, size) {
  const bytes = new Uint8Array(size);
  let rest = BigInt(number);
  for (let i = size - 1; i >= 0; i -= 1, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}
