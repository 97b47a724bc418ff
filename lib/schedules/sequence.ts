import { failure } from '../errors.js';
import { readAllOptions, type Specification } from '../hyperparameters.js';
import { type Milestones, milestonesOption, stageAt } from './milestones.js';
import { defineSchedule, type Schedule, scheduleList } from './schedule.js';

/** The parts of {@link sequence}. */
export interface SequenceOptions {
  /** What follows on what; each counts its steps from 0. */
  schedules: readonly Schedule[];
  /** The steps at which the next one begins, one fewer than schedules. Domain: integers of at least 1, rising. */
  milestones: Milestones;
}

const specification: Specification<SequenceOptions> = {
  schedules: scheduleList,
  milestones: milestonesOption,
};

/**
 * One schedule after the other.
 *
 *     f(step - milestones[i - 1]), where f is schedules[i], and i milestones have been reached
 *
 * Source: torch.optim.lr_scheduler.SequentialLR; optax.join_schedules.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION; RangeError ERR_CONFLICTING_OPTIONS
 */
export function sequence(options: SequenceOptions) {
  const { schedules, milestones } = readAllOptions(specification, options, 'options');
  if (milestones.length !== schedules.length - 1) {
    const expected = `options.milestones to be one fewer than the ${schedules.length} schedules`;
    throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, `${milestones.length}`);
  }
  return defineSchedule((step) => {
    const stage = stageAt(milestones, step);
    return (schedules[stage] as Schedule)(step - (milestones[stage - 1] ?? 0));
  });
}
