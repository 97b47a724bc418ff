import { type Arithmetic, Comparisons, errorOfSum } from './arithmetic.js';

/**
 * float64 holds more than twice the bits of float32, so that a float32 sum, difference, product,
 * quotient or square root that is first rounded to float64 rounds to the same float32 number:
 * S. A. Figueroa, "When is double rounding innocuous?", 1995. Only fma needs more.
 */
class Float32 extends Comparisons implements Arithmetic {
  round(x: number): number {
    return Math.fround(x);
  }

  add(a: number, b: number): number {
    return Math.fround(a + b);
  }

  sub(a: number, b: number): number {
    return Math.fround(a - b);
  }

  mul(a: number, b: number): number {
    return Math.fround(a * b);
  }

  div(a: number, b: number): number {
    return Math.fround(a / b);
  }

  fma(a: number, b: number, c: number): number {
    return fma(a, b, c);
  }

  sqrt(x: number): number {
    return Math.fround(Math.sqrt(x));
  }

  lerp(a: number, b: number, weight: number): number {
    const isNearA = Math.abs(weight) < 0.5;
    const difference = Math.fround(b - a);
    return fma(isNearA ? weight : Math.fround(weight - 1), difference, isNearA ? a : b);
  }
}

/** The arithmetic of float32 numbers, each held in a JavaScript number. */
export const float32: Arithmetic = new Float32();

/** Takes all but the upper 25 bits off a float64 number: one more than float32 has (Veltkamp's splitting). */
const SPLITTER = 2 ** 28 + 1;
const SLIGHTLY = 2 ** -52;

/**
 * The product of two float32 numbers is exact in float64. The sum may not be, and rounds a second
 * time to float32. Rounding never passes a number that lies half-way between two float32 numbers
 * (float64 has them all), so the second rounding is wrong only where the sum lies on one, and the
 * error of the sum is what should decide. Such a number has 25 bits at most.
 */
function fma(a: number, b: number, c: number): number {
  const product = a * b;
  let sum = product + c;
  const shifted = SPLITTER * sum;
  // Often the product is 0.
  if (shifted - (shifted - sum) === sum && sum !== c) sum = +moved(product, c, sum);
  return Math.fround(sum);
}

/**
 * A sum of at most 25 bits, moved the way that its error points, by one or two units of the 53rd bit. No number that has so few
 * bits is nearer: from half-way it goes to the side where the exact sum is, and all others round to what they would have. A
 * function of its own, to keep fma small; because of the sign before its result V8 knows that this is a number.
 */
function moved(product: number, c: number, sum: number): number {
  const error = errorOfSum(product, c, sum);
  if (error === 0) return sum;
  return sum * (error > 0 === sum > 0 ? 1 + SLIGHTLY : 1 - SLIGHTLY);
}
