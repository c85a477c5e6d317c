// Ed25519 by the browser's own WebCrypto; where it has none, by the small library under vendor/.

import { Wrong, uint } from "./bytes.js";

const P = 2n ** 255n - 19n;
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;
const SMALL_ORDER = new Set([0n, 1n, P - 1n, ORDER_8, P - ORDER_8]);

/** Refuse what is no key of 32 bytes, and the keys for which anybody can make a signature. */
export function checkKey(raw) {
  if (raw.length !== 32) throw new Wrong("seal.key-length");
  const y = uint(Uint8Array.from(raw).reverse(), 0, 32) & (2n ** 255n - 1n);
  if (y >= P || SMALL_ORDER.has(y)) throw new Wrong("seal.key-weak");
  // x^2 = (y^2 - 1) / (d y^2 + 1) must be a square; the quotient is one exactly if the product is (Euler)
  if (!sound.has(y) && power(((y * y - 1n) * (D * y * y + 1n)) % P, (P - 1n) / 2n) !== 1n) throw new Wrong("seal.key-point");
  sound.add(y);
}

const sound = new Set();

function power(base, exponent) {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % P) {
    if (rest & 1n) result = (result * square) % P;
  }
  return result;
}

let chosen;

/** Choose the way: "native" or "vendored"; without it the browser's own is taken where there is one. */
export function use(name) {
  chosen = Promise.resolve({ native, vendored }[name]);
}

async function native(raw, message, signature) {
  const key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, message);
}

async function vendored(raw, message, signature) {
  const { verifyAsync } = await import("./vendor/noble-ed25519.js");
  return verifyAsync(signature, message, raw, { zip215: false });
}

/** The way that works here: the browser's own if it has Ed25519 at all. */
async function way() {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32).fill(1), { name: "Ed25519" }, false, ["verify"]);
    return native;
  } catch (error) {
    return error.name === "NotSupportedError" ? vendored : native;
  }
}

export async function verify(raw, message, signature, code = "seal.signature") {
  checkKey(raw);
  chosen ??= way();
  let good = false;
  try {
    good = await (await chosen)(raw, message, signature);
  } catch {
    good = false;
  }
  if (!good) throw new Wrong(code);
}
