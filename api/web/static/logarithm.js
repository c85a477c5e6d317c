// Logarithms and exponentials in BigInt, for uncertainties: 60 decimals, of which no more than 40 count.

import { SCALE, divide, root } from "./exact.js";

const ONE = 10n ** 60n;
const TO_ONE = ONE / SCALE;
const WIDEST = 400n * SCALE; // a factor of e^20 to each side
const times = (one, other) => (one * other) / ONE;

/** The sum of terms until they are nothing: each from the one before, divided by its number. */
function series(term, next, divisor) {
  let total = 0n;
  for (let [each, number] = [term, 0n]; each !== 0n; [each, number] = [next(each, number + 1n), number + 1n]) total += each / divisor(number);
  return total;
}

/** ln of a number above 0, both x 10^60: by halving towards 1, and 2 artanh((x - 1) / (x + 1)). */
function ln(number) {
  let [rest, twos] = [number, 0n];
  for (; rest > 2n * ONE; rest /= 2n) twos += 1n;
  for (; rest < ONE / 2n; rest *= 2n) twos -= 1n;
  const artanh = (part) => series(part, (each) => times(times(each, part), part), (at) => 2n * at + 1n);
  const near = artanh(((rest - ONE) * ONE) / (rest + ONE));
  return 2n * near + 2n * twos * artanh(ONE / 3n);
}

/** e to a power from 0 on, both x 10^60. */
const exp = (power) => series(ONE, (each, at) => times(each, power) / at, () => 1n);

/** Whether a limit is outside the 95 % range of a figure: ln(limit / value)^2 >= ln^2 GSD2; all x 10^12. */
export function beyond(value, limit, variance) {
  const distance = ln((limit * ONE) / value);
  return times(distance, distance) >= variance * TO_ONE;
}

/** The bounds of 95 % of the results of a figure, by its ln^2 GSD2; all x 10^12. A range that says nothing is null. */
export function span(figure, variance) {
  if (variance > WIDEST) return null;
  const spread = divide(exp(root(variance * TO_ONE * ONE)), TO_ONE);
  const ends = [divide(figure * SCALE, spread), divide(figure * spread, SCALE)];
  return ends[0] > ends[1] ? ends.reverse() : ends;
}
