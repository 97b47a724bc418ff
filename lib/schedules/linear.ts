import { interpolate } from '../arithmetic/interpolate.js';
import {
  nonNegative,
  positiveInteger,
  readAllOptions,
  type Specification,
} from '../hyperparameters.js';
import { defineSchedule } from './schedule.js';

/** The ends of the line of {@link linear}. */
export interface LinearOptions {
  /** How many steps it takes from start to end. Domain: integers of at least 1. */
  steps: number;
  /** The first factor. Domain: at least 0. Default: 1/3. */
  start?: number | undefined;
  /** The last factor. Domain: at least 0. Default: 1. */
  end?: number | undefined;
}

const specification: Specification<LinearOptions> = {
  steps: positiveInteger(),
  start: nonNegative(1 / 3),
  end: nonNegative(1),
};

/**
 * A straight line, then its end.
 *
 *     start + (end - start) * min(step, steps) / steps
 *
 * Source: torch.optim.lr_scheduler.LinearLR, which takes 5 steps unless told otherwise, and no start of 0;
 * optax.linear_schedule.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
 */
export function linear(options: LinearOptions) {
  const { steps, start, end } = readAllOptions(specification, options, 'options');
  return defineSchedule((step) => interpolate(start, end, Math.min(step, steps), steps));
}
