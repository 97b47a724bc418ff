import { boolean, nonNegative, oneOf, type Specification } from './hyperparameters.js';
import { Rate, type Stage } from './rule.js';

/** What every optimizer can do to a gradient before its rule sees it. */
export interface GradientOptions {
  /**
   * Pulls parameters towards 0. Domain: at least 0. Default: 0 (AdamW: 0.01).
   * As PyTorch's `weight_decay`.
   */
  weightDecay?: number | undefined;
  /**
   * How weight decay enters: `'l2'` adds `weightDecay * p` to the gradient, as in PyTorch's SGD, RMSprop and Adam;
   * `'decoupled'` first multiplies p by `1 - learningRate * weightDecay`, as in AdamW (Loshchilov and Hutter,
   * arXiv:1711.05101) and Keras. Default: `'l2'`.
   */
  weightDecayMode?: 'l2' | 'decoupled' | undefined;
  /** Ascends instead of descending: the gradient is negated. Default: false. */
  maximize?: boolean | undefined;
}

export const gradientHyperparameters: Specification<GradientOptions> = {
  weightDecay: nonNegative(0),
  weightDecayMode: oneOf('l2', 'decoupled'),
  maximize: boolean(false),
};

type Scalar = 'weightDecay' | 'shrinkage';
type Switch = 'maximize' | 'l2' | 'decoupled';

/** The stage before every rule. Mirrors native/gradient.h line for line. */
export const gradient: Stage<GradientOptions, never, Scalar, Switch> = {
  scalars: ['weightDecay', 'shrinkage'],
  switches: ['maximize', 'l2', 'decoupled'],

  prepare({ weightDecay, weightDecayMode, maximize }, _step, c, on, _calls, _numbers, rates) {
    c.weightDecay = weightDecay;
    c.shrinkage = 1 - rates[Rate.LEARNING_RATE] * weightDecay;
    on.maximize = maximize;
    on.l2 = weightDecay !== 0 && weightDecayMode === 'l2';
    on.decoupled = weightDecay !== 0 && weightDecayMode === 'decoupled';
  },

  update(x, c, on, { fma, mul }) {
    if (on.maximize) x.g = -x.g;
    if (on.l2) x.g = fma(c.weightDecay, x.p, x.g);
    if (on.decoupled) x.p = mul(x.p, c.shrinkage);
  },
};
