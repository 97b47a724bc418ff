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

export interface ScheduleFreeRMSpropOptions extends ScheduleFreeOptions {
  /** Decay of the moving average of squared gradients. Domain: [0, 1). Default: 0.99. */
  decay?: number | undefined;
}

const hyperparameters: Specification<ScheduleFreeRMSpropOptions> = {
  ...scheduleFreeHyperparameters,
  decay: properFraction(0.99),
};

export const scheduleFreeRMSprop: ScheduleFreeRule<ScheduleFreeRMSpropOptions> = {
  ...scheduleFree,
  name: 'ScheduleFreeRMSprop',
  hyperparameters,

  prepare(h, step, c, on, _calls, numbers) {
    c.decay = h.decay;
    c.oneMinusDecay = 1 - h.decay;
    c.biasCorrection = 1;
    prepareScheduleFree(h, step, c, on, numbers);
  },
};

/**
 * {@link RMSprop} without a schedule: what is evaluated is an average of what RMSprop steps through, and does what a falling
 * rate does elsewhere. So no length of the training has to be known.
 *
 *     z: the base parameters;    x: their average;    p = (1 - beta1) * z + beta1 * x: the parameters in memory
 *     v = decay * v + (1 - decay) * g * g, with the gradient at p
 *     z = z - rate * (g / (sqrt(v) + epsilon) + weightDecay * p)
 *     x = (1 - c) * x + c * z,    c = weight(t) / (weight(1) + ... + weight(t)),    weight(t) = t^r * largestRate^weightLrPower
 *
 * `rate` is the learning rate, and min(1, t / warmUpSteps) of it where there is a warm-up; z begins as p. Kept are p and z,
 * `baseParameter`; x is made of them when it is wanted: {@link swapInAverages} puts x in the place of the parameters, to
 * validate or to write it somewhere, where the authors' package has `eval()`; {@link swapOutAverages} puts p back, bit for bit,
 * where it has `train()`. Between them a step, or whatever saves or loads, fails with ERR_OPTIMIZER_BUSY: state dictionaries and
 * checkpoints always hold p and z. With `averageDecay` that average, of p, is swapped in instead. Bounds hold for p, z and x.
 * Statistics of batch normalization are those of p; evaluate some batches with x in training mode first.
 *
 * `largestRate` and the sum of the weights, `weightSum`, are numbers of each tensor; they stand in `numbers` of state
 * dictionaries. A step without a gradient does not count for a tensor; for the authors' package it does. `stepRows` needs
 * `dense`. `stateType: 'uint8'` is ERR_CONFLICTING_OPTIONS: too coarse for z.
 *
 * The authors' `ScheduleFreeWrapper` around `torch.optim.RMSprop(lr=0.0025)` with `weight_decay_at_y` computes the same but for
 * rounding, since it goes from p to x and back at every step. In float32, parameters and averages were within 3e-6 of theirs. It has no warm-up, and leaves the rate to its caller.
 *
 * Source: Defazio et al., The Road Less Scheduled, arXiv:2405.15682; schedulefree 1.4.1, wrap_schedulefree.py.
 */
export class ScheduleFreeRMSprop<P extends object> extends Optimizer<
  ScheduleFreeRMSpropOptions,
  P
> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, ScheduleFreeRMSpropOptions>, options?: ScheduleFreeRMSpropOptions) {
    super(scheduleFreeRMSprop, params, options);
  }
}
export interface ScheduleFreeRMSprop<P extends object>
  extends Properties<ScheduleFreeRMSpropOptions> {}
