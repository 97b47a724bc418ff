import { type CommonOptions, commonHyperparameters, type Properties } from '../common-options.js';
import { nonNegative, properFraction, type Specification } from '../hyperparameters.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import { defineRule, Rate } from '../rule.js';

export interface AdadeltaOptions extends CommonOptions {
  /** Multiplies the updates, which have their size from the rule itself. Domain: at least 0. Default: 1 (Keras: 0.001). */
  learningRate?: number | undefined;
  /**
   * Decay of both moving averages, of squared gradients and of squared updates. Domain: [0, 1). Default: 0.9 (Keras: 0.95).
   * PyTorch and Keras call it rho.
   */
  decay?: number | undefined;
  /** Inside both roots; it sets the size of the first updates. Domain: at least 0. Default: 1e-6 (Keras: 1e-7). */
  epsilon?: number | undefined;
}

const hyperparameters: Specification<AdadeltaOptions> = {
  learningRate: nonNegative(1),
  decay: properFraction(0.9),
  epsilon: nonNegative(1e-6),
  ...commonHyperparameters,
};

/** Mirrors native/rules/adadelta.h line for line. */
export const adadelta = defineRule({
  name: 'Adadelta',
  kernel: 'adadelta',
  hyperparameters,
  state: [{ name: 'squareAverage' }, { name: 'squareUpdateAverage' }],
  pytorch: {
    states: { squareAverage: 'square_avg', squareUpdateAverage: 'acc_delta' },
    step: true,
    options: {
      lr: 'learningRate',
      rho: 'decay',
      eps: 'epsilon',
      weight_decay: 'weightDecay',
      maximize: 'maximize',
    },
    fixed: { weightDecayMode: 'l2' },
    settings: { foreach: null, capturable: false, differentiable: false },
  },
  scalars: ['decay', 'oneMinusDecay', 'epsilon', 'negativeLearningRate'],
  switches: [],

  prepare(h, _step, c, _on, _calls, _numbers, rates) {
    c.decay = h.decay;
    c.oneMinusDecay = 1 - h.decay;
    c.epsilon = h.epsilon;
    c.negativeLearningRate = -rates[Rate.LEARNING_RATE];
  },

  update(x, c, _on, { add, mul, div, fma, sqrt }) {
    const g = x.g;

    const v = fma(mul(c.oneMinusDecay, g), g, mul(c.decay, x.squareAverage));
    x.squareAverage = v;
    const w = x.squareUpdateAverage;
    const u = mul(div(sqrt(add(w, c.epsilon)), sqrt(add(v, c.epsilon))), g);
    x.squareUpdateAverage = fma(mul(c.oneMinusDecay, u), u, mul(c.decay, w));
    x.p = fma(c.negativeLearningRate, u, x.p);
  },
});

/**
 * Adadelta: gives the gradient the root mean square of the updates so far instead of its own, so that updates have the unit
 * of the parameters.
 *
 *     v = decay * v + (1 - decay) * g * g
 *     u = sqrt(w + epsilon) / sqrt(v + epsilon) * g;    w = decay * w + (1 - decay) * u * u
 *     p = p - learningRate * u
 *
 * As PyTorch's (`foreach=False`) to the bit, but for the square root, which here is always correctly rounded. Keras and
 * optax round elsewhere.
 *
 * Source: Zeiler, arXiv:1212.5701; torch/optim/adadelta.py.
 */
export class Adadelta<P extends object> extends Optimizer<AdadeltaOptions, P> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, AdadeltaOptions>, options?: AdadeltaOptions) {
    super(adadelta, params, options);
  }
}
export interface Adadelta<P extends object> extends Properties<AdadeltaOptions> {}
