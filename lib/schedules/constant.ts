import {
  nonNegative,
  positiveInteger,
  readAllOptions,
  type Specification,
} from '../hyperparameters.js';
import { defineSchedule } from './schedule.js';

/** Which factor {@link constant} gives, and for how long. */
export interface ConstantOptions {
  /** What the base rate is multiplied by. Domain: at least 0. Default: 1. */
  factor?: number | undefined;
  /** For how many steps; then the factor is 1. Domain: integers of at least 1. Default: for ever. */
  steps?: number | undefined;
}

const specification: Specification<ConstantOptions> = {
  factor: nonNegative(1),
  steps: positiveInteger(Number.MAX_SAFE_INTEGER),
};

/**
 * One factor, then 1.
 *
 *     factor where step < steps, else 1
 *
 * Source: torch.optim.lr_scheduler.ConstantLR, whose defaults are a third for 5 steps; optax.constant_schedule.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
 */
export function constant(options?: ConstantOptions) {
  const { factor, steps } = readAllOptions(specification, options, 'options');
  return defineSchedule((step) => (step < steps ? factor : 1));
}
