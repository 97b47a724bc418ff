import { fractionalPower } from '../arithmetic/fractional-power.js';
import {
  nonNegative,
  positiveInteger,
  readAllOptions,
  type Specification,
} from '../hyperparameters.js';
import { defineSchedule } from './schedule.js';

/** How fast the rate of {@link exponential} falls or grows. */
export interface ExponentialOptions {
  /** What the rate is multiplied by; above 1 it grows. Domain: at least 0. */
  factor: number;
  /** In how many steps. Domain: integers of at least 1. Default: 1. */
  steps?: number | undefined;
}

const specification: Specification<ExponentialOptions> = {
  factor: nonNegative(),
  steps: positiveInteger(1),
};

/**
 * The same ratio between any two steps.
 *
 *     factor^(step / steps)
 *
 * Source: torch.optim.lr_scheduler.ExponentialLR, which has no steps; Keras' ExponentialDecay, whose decay_steps they are;
 * optax.exponential_decay, whose transition_steps they are, and which can begin later and end at a bound.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
 */
export function exponential(options: ExponentialOptions) {
  const { factor, steps } = readAllOptions(specification, options, 'options');
  return defineSchedule((step) => fractionalPower(factor, step / steps));
}
