import { errorOfProduct } from './arithmetic.js';
import { sumOfThree } from './float64.js';

// Sizes from 2^-300 to 1 can be squared and multiplied once more without losing bits to denormals.
const SMALLEST = 2 ** -300;
const UP = 2 ** 300;
const SHIFT = 2 ** -122;

/**
 * base^exponent, rounded once to float64.
 *
 * For beta^t use this and never `**` or `Math.pow`: V8's is not correctly rounded, and every C
 * library differs, which the bits of a float64 step would show.
 *
 * By repeated squaring in double-double arithmetic (about 106 bits). Before the rounding the
 * relative error is below exponent * 2^-102: the result is the nearest float64 number unless the
 * exact power is that close to half-way between two. Denormal results too are rounded once, and
 * smaller ones are 0.
 *
 * @param base from -1 to 1: a decay rate
 * @param exponent an integer from 0 to 2^53 - 1: a count of steps. Even 0 to the power 0 is 1.
 */
export function power(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  if (base === 0) return 0;
  if (base < 0) return exponent % 2 === 0 ? power(-base, exponent) : -power(-base, exponent);
  let factor = base;
  let factorScale = 0;
  while (factor < SMALLEST) {
    factor *= UP;
    factorScale += 1;
  }
  // The power so far is (high + low) / UP^scale.
  let high = 1;
  let low = 0;
  let scale = 0;
  let bit = 1;
  while (bit <= exponent / 2) bit *= 2;
  for (; bit >= 1; bit /= 2) {
    let product = high * high;
    let error = errorOfProduct(high, high, product) + 2 * high * low;
    high = product + error;
    low = error - (high - product);
    scale *= 2;
    if (Math.floor(exponent / bit) % 2 === 1) {
      product = high * factor;
      error = errorOfProduct(high, factor, product) + low * factor;
      high = product + error;
      low = error - (high - product);
      scale += factorScale;
    }
    while (high < SMALLEST) {
      high *= UP;
      low *= UP;
      scale += 1;
    }
  }
  // Sizes from 2^-1200 to 2^-900: some are denormal.
  if (scale === 3) high = roundDenormal(high, low);
  for (; scale > 0 && high !== 0; scale -= 1) high /= UP;
  return high;
}

/**
 * high + low as it must be for the division by 2^900 to be exact: a multiple of 2^-174, which
 * becomes 2^-1074. That is the spacing of numbers from 2^-122 to 2^-121.
 */
function roundDenormal(high: number, low: number): number {
  return high < SHIFT ? sumOfThree(SHIFT, high, low) - SHIFT : high;
}
