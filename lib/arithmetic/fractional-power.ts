import { power } from './power.js';

/**
 * base^exponent for bases above 1, too: up to 1 correctly rounded, as by `power`; above, the relative error is below
 * (exponent + 2) * 2^-53.
 *
 * @param base at least 0
 * @param exponent from 0 to 2^53 - 1
 */
export function fractionalPower(base: number, exponent: number): number {
  return base > 1 ? 1 / power(1 / base, exponent) : power(base, exponent);
}
