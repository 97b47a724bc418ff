import { type Arithmetic, Comparisons, errorOfSum } from './arithmetic.js';

const LARGEST = 2 ** 128 - 2 ** 104;
/** Half-way from the largest number to 2^128: from here on numbers round to infinity. */
const OVERFLOW = 2 ** 128 - 2 ** 103;

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
    const difference = Math.fround(b - a);
    return Math.abs(weight) < 0.5
      ? fma(weight, difference, a)
      : fma(Math.fround(weight - 1), difference, b);
  }
}

/** The arithmetic of float32 numbers, each held in a JavaScript number. */
export const float32: Arithmetic = new Float32();

/**
 * The product of two float32 numbers is exact in float64. The sum may not be, and rounds a second
 * time to float32. Rounding never passes a number that lies half-way between two float32 numbers
 * (float64 has them all), so the second rounding is wrong only where the sum lies on one, and the
 * error of the sum was what should have decided.
 */
function fma(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const rounded = Math.fround(sum);
  const distance = sum - rounded;
  // Half-way means that the mirror image of the result is a float32 number, too.
  const mirrored = sum + distance;
  if (Math.fround(mirrored) !== mirrored || distance === 0) return rounded;
  return breakTie(product, c, sum, rounded, mirrored);
}

/** A function of its own, to keep fma small enough for V8 to inline. */
function breakTie(
  product: number,
  c: number,
  sum: number,
  rounded: number,
  mirrored: number,
): number {
  let other = mirrored;
  if (Math.abs(rounded) === Infinity) {
    // Here the mirror image is an infinity wherever the sum lies.
    if (Math.abs(sum) !== OVERFLOW) return rounded;
    other = Math.sign(sum) * LARGEST;
  }
  const error = errorOfSum(product, c, sum);
  return error !== 0 && error > 0 === other > sum ? other : rounded;
}
