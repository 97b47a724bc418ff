import { fractionalPower } from '../arithmetic/fractional-power.js';
import {
  nonNegative,
  positiveInteger,
  readAllOptions,
  type Specification,
} from '../hyperparameters.js';
import { defineSchedule } from './schedule.js';

/** How often and how far the rate of {@link step} falls. */
export interface StepOptions {
  /** After how many steps each. Domain: integers of at least 1. */
  steps: number;
  /** What the rate is multiplied by. Domain: at least 0. Default: 0.1. */
  factor?: number | undefined;
}

const specification: Specification<StepOptions> = {
  steps: positiveInteger(),
  factor: nonNegative(0.1),
};

/**
 * Stairs of one length.
 *
 *     factor^floor(step / steps)
 *
 * Source: torch.optim.lr_scheduler.StepLR; Keras' ExponentialDecay and optax.exponential_decay with staircase.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
 */
export function step(options: StepOptions) {
  const { steps, factor } = readAllOptions(specification, options, 'options');
  return defineSchedule((step) => fractionalPower(factor, Math.floor(step / steps)));
}
