import { fractionalPower } from '../arithmetic/fractional-power.js';
import {
  fraction,
  type Hyperparameter,
  positiveInteger,
  readAllOptions,
  type Specification,
} from '../hyperparameters.js';
import { defineSchedule } from './schedule.js';

/** The shape of {@link polynomial}, and where it ends. */
export interface PolynomialOptions {
  /** How many steps it takes down to the minimum. Domain: integers of at least 1. */
  steps: number;
  /** Exponent: 1 is a straight line, above 1 falls fast first. Domain: [0, 1000]. Default: 1. */
  power?: number | undefined;
  /** The last factor, a fraction of the base rate. Domain: [0, 1]. Default: 0. */
  minimum?: number | undefined;
}

const exponent: Hyperparameter<number> = {
  default: 1,
  expected: 'a number from 0 to 1000',
  type: 'number',
  accepts: (x) => x >= 0 && x <= 1000,
};

const specification: Specification<PolynomialOptions> = {
  steps: positiveInteger(),
  power: exponent,
  minimum: fraction(0),
};

/**
 * A power of the steps that are left, then the minimum.
 *
 *     minimum + (1 - minimum) * (1 - min(step, steps) / steps)^power
 *
 * Source: torch.optim.lr_scheduler.PolynomialLR, which takes 5 steps unless told otherwise and ends at 0; Keras'
 * PolynomialDecay, whose end_learning_rate is a rate; optax.polynomial_schedule.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
 */
export function polynomial(options: PolynomialOptions) {
  const { steps, power, minimum } = readAllOptions(specification, options, 'options');
  return defineSchedule((step) => {
    const left = Math.max(steps - step, 0) / steps;
    const fall = fractionalPower(left, power);
    return fall + minimum * (1 - fall); // exact at both ends
  });
}
