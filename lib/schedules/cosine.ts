import { cosineAnnealing } from '../arithmetic/cosine-annealing.js';
import {
  boolean,
  fraction,
  positiveInteger,
  readAllOptions,
  type Specification,
} from '../hyperparameters.js';
import { defineSchedule } from './schedule.js';

/** How far {@link cosine} goes down, and whether it comes back. */
export interface CosineOptions {
  /** How many steps it takes down to the minimum. Domain: integers of at least 1. */
  steps: number;
  /** The last factor, a fraction of the base rate. Domain: [0, 1]. Default: 0. */
  minimum?: number | undefined;
  /** Goes up again as it came down, and so on, instead of staying at the minimum. Default: false. */
  periodic?: boolean | undefined;
}

const specification: Specification<CosineOptions> = {
  steps: positiveInteger(),
  minimum: fraction(0),
  periodic: boolean(false),
};

/**
 * Half a wave of the cosine, then the minimum.
 *
 *     minimum + (1 - minimum) * (1 + cos(pi * min(step, steps) / steps)) / 2
 *
 * Source: Loshchilov and Hutter, arXiv:1608.03983; torch.optim.lr_scheduler.CosineAnnealingLR, which is always periodic, and
 * whose eta_min is a rate, the same for all groups; Keras' CosineDecay and optax.cosine_decay_schedule, whose alpha is this
 * minimum.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
 */
export function cosine(options: CosineOptions) {
  const { steps, minimum, periodic } = readAllOptions(specification, options, 'options');
  return defineSchedule((step) => {
    const wave = step % (2 * steps);
    const there = periodic ? Math.min(wave, 2 * steps - wave) : Math.min(step, steps);
    return cosineAnnealing(1, minimum, there, steps);
  });
}
