import { type CommonOptions, commonHyperparameters, type Properties } from '../common-options.js';
import { initially, nonNegative, type Specification } from '../hyperparameters.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import { defineRule, Rate } from '../rule.js';

export interface AdagradOptions extends CommonOptions {
  /** Step size. Domain: at least 0. Default: 0.01 (Keras: 0.001). */
  learningRate?: number | undefined;
  /** How fast the step size falls: at step t it is learningRate / (1 + (t - 1) * learningRateDecay). Domain: at least 0. Default: 0. */
  learningRateDecay?: number | undefined;
  /** Added to the root. Domain: at least 0. Default: 1e-10 (Keras: 1e-7, inside the root). */
  epsilon?: number | undefined;
  /** What the sum of squared gradients starts from. Domain: at least 0. Default: 0 (Keras, TensorFlow, optax: 0.1). */
  initialAccumulator?: number | undefined;
}

const hyperparameters: Specification<AdagradOptions> = {
  learningRate: nonNegative(0.01),
  learningRateDecay: nonNegative(0),
  epsilon: nonNegative(1e-10),
  initialAccumulator: initially(nonNegative(0)),
  ...commonHyperparameters,
};

/** Mirrors native/rules/adagrad.h line for line. */
export const adagrad = defineRule({
  name: 'Adagrad',
  kernel: 'adagrad',
  hyperparameters,
  state: [{ name: 'squareSum', initial: (h) => h.initialAccumulator }],
  pytorch: {
    states: { squareSum: 'sum' },
    statesFromStart: true,
    step: true,
    options: {
      lr: 'learningRate',
      lr_decay: 'learningRateDecay',
      eps: 'epsilon',
      initial_accumulator_value: 'initialAccumulator',
      weight_decay: 'weightDecay',
      maximize: 'maximize',
    },
    fixed: { weightDecayMode: 'l2' },
    settings: { foreach: null, differentiable: false, fused: null },
  },
  scalars: ['epsilon', 'negativeStepSize'],
  switches: [],

  prepare(h, step, c, _on, _calls, _numbers, rates) {
    c.epsilon = h.epsilon;
    c.negativeStepSize = -(rates[Rate.LEARNING_RATE] / (1 + (step - 1) * h.learningRateDecay));
  },

  update(x, c, _on, { add, mul, div, fma, sqrt }) {
    const g = x.g;

    const s = fma(g, g, x.squareSum);
    x.squareSum = s;
    x.p = add(x.p, div(mul(c.negativeStepSize, g), add(sqrt(s), c.epsilon)));
  },
});

/**
 * Adagrad: divides the gradient by the root of the sum of all its squares, which never shrinks.
 *
 *     s = s + g * g
 *     p = p - learningRate / (1 + (t - 1) * learningRateDecay) * g / (sqrt(s) + epsilon)
 *
 * As PyTorch's (`foreach=False`) to the bit, but for the square root, which here is always correctly rounded. Keras puts
 * epsilon inside the root, and has no decay of the rate in the rule; optax puts it inside, too.
 *
 * Source: Duchi, Hazan and Singer, JMLR 12, 2011; torch/optim/adagrad.py.
 */
export class Adagrad<P extends object> extends Optimizer<AdagradOptions, P> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, AdagradOptions>, options?: AdagradOptions) {
    super(adagrad, params, options);
  }
}
export interface Adagrad<P extends object>
  extends Properties<AdagradOptions, 'initialAccumulator'> {}
