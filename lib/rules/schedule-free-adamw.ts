import { power } from '../arithmetic/power.js';
import type { Properties } from '../common-options.js';
import { properFraction, type Specification } from '../hyperparameters.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import {
  prepareScheduleFree,
  type ScheduleFreeOptions,
  type ScheduleFreeRule,
  scheduleFree,
  scheduleFreeHyperparameters,
} from './schedule-free.js';

export interface ScheduleFreeAdamWOptions extends ScheduleFreeOptions {
  /** Decay of the moving average of squared gradients. Domain: [0, 1). Default: 0.999. */
  beta2?: number | undefined;
}

const hyperparameters: Specification<ScheduleFreeAdamWOptions> = {
  ...scheduleFreeHyperparameters,
  beta2: properFraction(0.999),
};

export const scheduleFreeAdamW: ScheduleFreeRule<ScheduleFreeAdamWOptions> = {
  ...scheduleFree,
  name: 'ScheduleFreeAdamW',
  hyperparameters,

  prepare(h, step, c, on, _calls, numbers) {
    c.decay = h.beta2;
    c.oneMinusDecay = 1 - h.beta2;
    c.biasCorrection = 1 - power(h.beta2, step);
    prepareScheduleFree(h, step, c, on, numbers);
  },
};

/**
 * {@link AdamW} without a schedule, whose momentum is an average of the parameters. {@link ScheduleFreeRMSprop}, with the root
 * corrected for the average of squares having started from 0:
 *
 *     v = beta2 * v + (1 - beta2) * g * g
 *     z = z - rate * (g / (sqrt(v / (1 - beta2^t)) + epsilon) + weightDecay * p)
 *
 * All else is as there, above all {@link swapInAverages} before an evaluation and {@link swapOutAverages} after it.
 *
 * As `AdamWScheduleFree` of the authors' package (`foreach=False`), to the bit but for the square root, which here is always
 * correctly rounded, and, in Float64Array, for powers of the rate and of the step. Its weight decay is 0 by default, and so is
 * this one. `presets.algoPerf` has the settings that won AlgoPerf's self-tuning track.
 *
 * Source: Defazio et al., The Road Less Scheduled, arXiv:2405.15682; schedulefree 1.4.1, adamw_schedulefree.py.
 */
export class ScheduleFreeAdamW<P extends object> extends Optimizer<ScheduleFreeAdamWOptions, P> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, ScheduleFreeAdamWOptions>, options?: ScheduleFreeAdamWOptions) {
    super(scheduleFreeAdamW, params, options);
  }
}
export interface ScheduleFreeAdamW<P extends object> extends Properties<ScheduleFreeAdamWOptions> {}
