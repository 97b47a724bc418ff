import { type CommonOptions, commonHyperparameters, type Properties } from '../common-options.js';
import { firstDistance } from '../distance.js';
import {
  nonNegative,
  positive,
  properFraction,
  type Specification,
  type Values,
} from '../hyperparameters.js';
import { requireInsides } from '../insides.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import { type RelativeCapOptions, relativeCapHyperparameters } from '../relative-cap.js';
import { defineRule, Rate } from '../rule.js';
import type { StepGroup } from '../step-group.js';
import { rmsprop } from './rmsprop.js';

export interface ProdigyRMSpropOptions extends RelativeCapOptions, CommonOptions {
  /**
   * A first guess at the learning rate, which every step may make larger and none smaller: what is above 0.001 counts as 0.001,
   * and of groups that differ the least counts for all. Only the first step looks at it. Domain: above 0. Default: 0.001.
   */
  learningRate?: number | undefined;
  /**
   * What the rate that was found is multiplied by. A `Scheduler` sets it, in place of the learning rate; groups may have their
   * own. Domain: at least 0. Default: 1.
   */
  scheduleFactor?: number | undefined;
  /** Decay of the moving average of squared gradients. Domain: [0, 1). Default: 0.95. */
  decay?: number | undefined;
  /** Keeps the divisor away from 0. Domain: at least 0. Default: 1e-8. */
  epsilon?: number | undefined;
  /** As that of `RMSprop`. Default: 0.1. */
  relativeCap?: boolean | number | undefined;
}

const hyperparameters: Specification<ProdigyRMSpropOptions> = {
  learningRate: positive(0.001),
  scheduleFactor: nonNegative(1),
  decay: properFraction(0.95),
  epsilon: nonNegative(1e-8),
  relativeCap: { ...relativeCapHyperparameters.relativeCap, default: 0.1 },
  ...commonHyperparameters,
};

/** The rule of RMSprop with the gradient multiplied by the distance, which its scalars do. */
export const prodigyRMSprop = defineRule({
  name: 'ProdigyRMSprop',
  kernel: rmsprop.kernel,
  hyperparameters,
  state: rmsprop.state.map(({ name, signed }) => ({
    name,
    ...(signed && { signed }),
    needed: () => name === 'squareAverage',
  })),
  scalars: rmsprop.scalars,
  switches: rmsprop.switches,
  estimatesDistance: true,
  ignoresLaterRates: true,
  needsWholeTensors: true,

  prepare(h, _step, c, on, _calls, _numbers, rates) {
    const distance = rates[Rate.DISTANCE];
    c.decay = h.decay;
    c.oneMinusDecay = (1 - h.decay) * distance * distance;
    c.inverseBiasCorrection = 1;
    c.rootInverseBiasCorrection = 1;
    c.epsilon = distance * h.epsilon;
    c.learningRate = distance * rates[Rate.LEARNING_RATE];
    c.negativeLearningRate = -(distance * rates[Rate.LEARNING_RATE]);
    c.momentum = 0;
    on.centered = false;
    on.epsilonInside = false;
    on.withMomentum = false;
    on.rateInBuffer = false;
    on.nesterov = false;
  },

  update: rmsprop.update,
});

/**
 * {@link RMSprop} that finds its learning rate: an estimate d of how far the parameters have to go, which grows as long as the
 * gradients say so, takes the place of the rate. For those who do not know it. It needs a schedule that falls to 0, such as
 * `schedules.cosine`, and warns once where there is none (`RMSPROP_NO_SCHEDULE`).
 *
 *     v = decay * v + (1 - decay) * (d * g)^2;    u = d * g / (sqrt(v) + d * epsilon)
 *     p = p - min(d * s, relativeCap * max(W, 0.02) / max(M, 0.1)) * u
 *     q = sqrt(decay) * q + d^2 * s * g;    N = sqrt(decay) * N + d^2 * s * sum of g * (x - p)    with p before the step
 *     d = max(d, N / sum of |q|)
 *
 * where s is `scheduleFactor`, x the parameters before their first update, W and M the root mean squares of {@link relativeCap},
 * and sums over all numbers are estimated from the sample of {@link relativeCap}. Nothing but v is kept of the others, so that
 * a step takes about as long as that of RMSprop. Weight decay has no part in the estimate; gradients go into it as they are
 * after clipping.
 *
 * What a larger rate would do is no part of it: a rate that is small on purpose, to tune a model finely, is not respected. Set
 * `scheduleFactor` below 1 there, or take `relativeCap` of RMSprop, which respects it.
 *
 * `distanceSample` of a state dictionary has x and q, for each 16 numbers of the sample x before q; `numbers` have
 * N, the sum of |q|, W and M of each tensor, `counters.distance` is d. A step without a gradient for a tensor leaves its N and q.
 * Steps of rows need `dense`. Neither PyTorch nor TensorFlow has it; `prodigyopt` has the estimate around Adam, with momentum,
 * over all numbers, and without a cap. The paper's first guess is 1e-6, and its `lr` is `scheduleFactor` here.
 *
 * Source: Mishchenko and Defazio, Prodigy, arXiv:2306.06101, for the estimate; the combination is this package's own.
 */
export class ProdigyRMSprop<P extends object> extends Optimizer<ProdigyRMSpropOptions, P> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, ProdigyRMSpropOptions>, options?: ProdigyRMSpropOptions) {
    super(prodigyRMSprop, params, options);
  }

  /** The learning rate that the next step takes for the first group, where the cap does not lower it: d * scheduleFactor. */
  get effectiveLearningRate(): number {
    const { groups, state } = requireInsides(this, 'optimizer');
    const [{ values }] = groups() as [StepGroup];
    const { scheduleFactor } = values as Values<ProdigyRMSpropOptions>;
    return (state().distance[0] || firstDistance(groups())) * scheduleFactor;
  }
}
export interface ProdigyRMSprop<P extends object> extends Properties<ProdigyRMSpropOptions> {}
