import { fractionalPower } from '../arithmetic/fractional-power.js';
import { nonNegative, readAllOptions, type Specification } from '../hyperparameters.js';
import { type Milestones, milestonesOption, stageAt } from './milestones.js';
import { defineSchedule } from './schedule.js';

/** Where and how the rate of {@link multiStep} falls. */
export interface MultiStepOptions {
  /** The steps from which on the rate is another. Domain: integers of at least 1, each above the one before it. */
  milestones: Milestones;
  /** What the rate is multiplied by at each. Domain: at least 0. Default: 0.1. */
  factor?: number | undefined;
}

const specification: Specification<MultiStepOptions> = {
  milestones: milestonesOption,
  factor: nonNegative(0.1),
};

/**
 * Stairs at chosen steps.
 *
 *     factor^(number of milestones up to step)
 *
 * Source: torch.optim.lr_scheduler.MultiStepLR, where a milestone may stand several times; Keras' PiecewiseConstantDecay,
 * whose boundaries are the last steps of the old rate; optax.piecewise_constant_schedule, with a factor for each.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
 */
export function multiStep(options: MultiStepOptions) {
  const { milestones, factor } = readAllOptions(specification, options, 'options');
  return defineSchedule((step) => fractionalPower(factor, stageAt(milestones, step)));
}
