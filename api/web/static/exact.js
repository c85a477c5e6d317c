// Exact arithmetic in BigInt, as ledger/chemistry/exact.py: scaled numbers are x 10^12, and only `divide` rounds.

import { scaled } from "./view.js";

export const SCALE = 10n ** 12n;
export const MILLION = 10n ** 6n;
export const milligrams = (text) => scaled(text, 6);
export const trillionths = (text) => scaled(text, 12);
export const sum = (numbers) => numbers.reduce((total, number) => total + number, 0n);
export const size = (number) => (number < 0n ? -number : number);
export const larger = (one, other) => (one > other ? one : other);
export const smaller = (one, other) => (one < other ? one : other);

/** The integer nearest to a quotient, half to even; the denominator is positive. */
export function divide(numerator, denominator) {
  let quotient = numerator / denominator;
  let rest = numerator % denominator;
  if (rest < 0n) {
    rest += denominator;
    quotient -= 1n;
  }
  const twice = rest * 2n;
  return twice > denominator || (twice === denominator && quotient & 1n) ? quotient + 1n : quotient;
}

/** A scaled number as text; inverse of `trillionths`. */
export function written(number) {
  const digits = size(number).toString().padStart(13, "0");
  return `${number < 0n ? "-" : ""}${digits.slice(0, -12)}.${digits.slice(-12)}`.replace(/\.?0+$/, "");
}

/** The whole part of a square root, by Newton's method from above. */
export function root(number) {
  if (number < 2n) return number;
  let found = 1n << BigInt(Math.ceil(number.toString(2).length / 2));
  for (;;) {
    const next = (found + number / found) / 2n;
    if (next >= found) return found;
    found = next;
  }
}

/** A whole in parts by weights; the parts sum to it. */
export function allocate(whole, weights) {
  if (weights.length === 1) return [whole];
  const total = sum(weights);
  const parts = weights.map((weight) => divide(whole * weight, total));
  const most = weights.reduce((at, weight, number) => (weight > weights[at] ? number : at), 0);
  parts[most] += whole - sum(parts);
  return parts;
}

// -- two columns: with location-based and with market-based electricity --------------------------------------------------

export const ZERO = [0n, 0n];
export const pair = ({ location, market }) => [trillionths(location), trillionths(market)];
export const both = (act) => [act(0), act(1)];
export const plus = (one, other) => both((at) => one[at] + other[at]);
export const alike = (one, other) => one[0] === other[0] && one[1] === other[1];
export const nothing = ([location, market]) => location === 0n && market === 0n;

/** Each part of two columns by weights. */
export function shared(figures, weights) {
  const columns = both((at) => allocate(figures[at], weights));
  return weights.map((_, number) => both((at) => columns[at][number]));
}

/** Add two columns to those that stand under a key. */
export function into(sums, key, figures) {
  sums.set(key, plus(sums.get(key) ?? ZERO, figures));
}

export function sameMaps(one, other, equal) {
  return one.size === other.size && [...one].every(([key, value]) => other.has(key) && equal(value, other.get(key)));
}

export const sameRows = (one, other) => sameMaps(one, other, alike);
