import { cosineAnnealing } from '../arithmetic/cosine-annealing.js';
import {
  fraction,
  positiveInteger,
  readAllOptions,
  type Specification,
} from '../hyperparameters.js';
import { defineSchedule } from './schedule.js';

/** The cycles of {@link cosineRestarts}. */
export interface CosineRestartsOptions {
  /** The length of the first cycle. Domain: integers of at least 1. */
  steps: number;
  /** How many times longer than the one before it each cycle is. Domain: integers of at least 1. Default: 1. */
  multiplier?: number | undefined;
  /** The factor that a cycle falls to, a fraction of the base rate. Domain: [0, 1]. Default: 0. */
  minimum?: number | undefined;
}

const specification: Specification<CosineRestartsOptions> = {
  steps: positiveInteger(),
  multiplier: positiveInteger(1),
  minimum: fraction(0),
};

/**
 * Cosine annealing that starts again from the base rate, in cycles of steps, steps * multiplier, ... steps.
 *
 *     minimum + (1 - minimum) * (1 + cos(pi * steps in this cycle / length of this cycle)) / 2
 *
 * Source: SGDR, Loshchilov and Hutter, arXiv:1608.03983; torch.optim.lr_scheduler.CosineAnnealingWarmRestarts, whose eta_min
 * is a rate; Keras' CosineDecayRestarts, whose t_mul is 2 by default, and which can lower the cycles one by one (m_mul);
 * optax.sgdr_schedule, a list of cycles.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
 */
export function cosineRestarts(options: CosineRestartsOptions) {
  const { steps, multiplier, minimum } = readAllOptions(specification, options, 'options');
  return defineSchedule((step) => {
    let length = steps;
    let there = step;
    if (multiplier === 1) there %= steps;
    for (; there >= length; length *= multiplier) there -= length;
    return cosineAnnealing(1, minimum, there, length);
  });
}
