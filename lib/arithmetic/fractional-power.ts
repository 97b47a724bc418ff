import { power } from './power.js';

/**
 * base^exponent for exponents that are no integers, too: a product of square roots, one for each binary digit behind the
 * point, which every engine rounds alike, as it does not `Math.pow`. Correctly rounded for integers up to base 1; else
 * the relative error is below 2^-46, and for bases above 1 below 2^-46 + exponent * 2^-53.
 *
 * @param base at least 0
 * @param exponent from 0 to 2^53 - 1
 */
export function fractionalPower(base: number, exponent: number): number {
  if (base > 1) return 1 / fractionalPower(1 / base, exponent);
  const whole = Math.floor(exponent);
  let result = power(base, whole);
  let root = base;
  // Once a root is 1, those that follow are.
  for (let rest = exponent - whole; rest > 0 && root < 1; ) {
    root = Math.sqrt(root);
    rest *= 2;
    if (rest < 1) continue;
    result *= root;
    rest -= 1;
  }
  return result;
}
