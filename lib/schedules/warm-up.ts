import {
  nonNegative,
  positiveInteger,
  readAllOptions,
  type Specification,
} from '../hyperparameters.js';
import { constant } from './constant.js';
import { linear } from './linear.js';
import { type Schedule, scheduleOption } from './schedule.js';
import { sequence } from './sequence.js';

/** The rise of {@link warmUp}, and what follows. */
export interface WarmUpOptions {
  /** How many steps it takes up to the base rate. Domain: integers of at least 1. */
  steps: number;
  /** The first factor. Domain: at least 0. Default: 0, with which the first step changes no parameter. */
  start?: number | undefined;
  /** The schedule that follows, which counts its steps from 0. Default: the base rate. */
  schedule?: Schedule | undefined;
}

const specification: Specification<WarmUpOptions> = {
  steps: positiveInteger(),
  start: nonNegative(0),
  schedule: scheduleOption(constant()),
};

/**
 * A straight line up to the base rate, and then any other schedule.
 *
 *     start + (1 - start) * step / steps where step < steps, else schedule(step - steps)
 *
 * Source: Goyal et al., arXiv:1706.02677; Keras' CosineDecay with warmup_target, which starts from its
 * initial_learning_rate; optax.warmup_cosine_decay_schedule, whose decay_steps include the warm-up; in PyTorch a
 * SequentialLR of LinearLR and another one.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
 */
export function warmUp(options: WarmUpOptions) {
  const { steps, start, schedule } = readAllOptions(specification, options, 'options');
  return sequence({ schedules: [linear({ steps, start }), schedule], milestones: [steps] });
}
