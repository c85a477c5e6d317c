// Exact arithmetic in BigInt, as ledger/chemistry/exact.py: scaled numbers are x 10^12, and only `divide` rounds.

import { scaled } from "./view.js";

export const SCALE = 10n ** 12n;
export const MILLION = 10n ** 6n;
export const milligrams = (text) => scaled(text, 6);
export const trillionths = (text) => scaled(text, 12);

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

/** A whole in parts by weights; the parts sum to it. */
export function allocate(whole, weights) {
  if (weights.length === 1) return [whole];
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  const parts = weights.map((weight) => divide(whole * weight, total));
  const most = weights.reduce((at, weight, number) => (weight > weights[at] ? number : at), 0);
  parts[most] += whole - parts.reduce((sum, part) => sum + part, 0n);
  return parts;
}
