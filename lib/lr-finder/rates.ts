import { fractionalPower } from '../arithmetic/fractional-power.js';
import type { SweepSettings } from './options.js';

/** The i-th rate of a sweep: from minimum to maximum with the same ratio between any two. Both ends are exact. */
export function rateAt(i: number, { minimum, maximum, steps }: SweepSettings): number {
  if (i === 0) return minimum;
  if (i === steps - 1) return maximum;
  const done = i / (steps - 1);
  return fractionalPower(minimum, 1 - done) * fractionalPower(maximum, done);
}
