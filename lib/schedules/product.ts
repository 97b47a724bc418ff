import { readAllOptions, type Specification } from '../hyperparameters.js';
import { defineSchedule, type Schedule, scheduleList } from './schedule.js';

/** The factors of {@link product}. */
export interface ProductOptions {
  /** What is multiplied. */
  schedules: readonly Schedule[];
}

const specification: Specification<ProductOptions> = { schedules: scheduleList };

/**
 * Several schedules at once.
 *
 *     f(step) * g(step) * ..., where schedules are f, g, ...
 *
 * Source: torch.optim.lr_scheduler.ChainedScheduler, which also chains schedulers that are no factors.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
 */
export function product(options: ProductOptions) {
  const { schedules } = readAllOptions(specification, options, 'options');
  return defineSchedule((step) => schedules.reduce((factor, each) => factor * each(step), 1));
}
