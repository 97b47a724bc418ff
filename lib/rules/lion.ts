import { type CommonOptions, commonHyperparameters, type Properties } from '../common-options.js';
import { nonNegative, oneOf, properFraction, type Specification } from '../hyperparameters.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import { defineRule, Rate } from '../rule.js';

export interface LionOptions extends CommonOptions {
  /** The size of every step. Domain: at least 0. Default: 0.0001; good rates are 3 to 10 times smaller than AdamW's. */
  learningRate?: number | undefined;
  /** Weight of the past in the update. Domain: [0, 1). Default: 0.9. */
  beta1?: number | undefined;
  /** Decay of the moving average of gradients. Domain: [0, 1). Default: 0.99. */
  beta2?: number | undefined;
  /** As for all rules, but that it is decoupled by default, as in the paper. Default: `'decoupled'`. */
  weightDecayMode?: 'decoupled' | 'l2' | undefined;
}

const hyperparameters: Specification<LionOptions> = {
  // First, as in every rule: else V8, from Node.js 22 on, allocates when it is read (test/garbage.test.ts).
  learningRate: nonNegative(0.0001),
  beta1: properFraction(0.9),
  beta2: properFraction(0.99),
  ...commonHyperparameters,
  weightDecayMode: oneOf('decoupled', 'l2'),
};

/** Mirrors native/rules/lion.h line for line. */
export const lion = defineRule({
  name: 'Lion',
  kernel: 'lion',
  hyperparameters,
  state: [{ name: 'gradientAverage', signed: true }],
  scalars: ['beta1', 'oneMinusBeta1', 'beta2', 'oneMinusBeta2', 'negativeLearningRate'],
  switches: [],

  prepare(h, _step, c, _on, _calls, _numbers, rates) {
    c.beta1 = h.beta1;
    c.oneMinusBeta1 = 1 - h.beta1;
    c.beta2 = h.beta2;
    c.oneMinusBeta2 = 1 - h.beta2;
    c.negativeLearningRate = -rates[Rate.LEARNING_RATE];
  },

  update(x, c, _on, { mul, fma, sign }) {
    const g = x.g;

    const m = x.gradientAverage;
    const u = fma(c.oneMinusBeta1, g, mul(c.beta1, m));
    x.p = fma(c.negativeLearningRate, sign(u), x.p);
    x.gradientAverage = fma(c.oneMinusBeta2, g, mul(c.beta2, m));
  },
});

/**
 * Lion, evolved sign momentum: every step has the size of the rate, in the direction of the sign of an average of gradients
 * of which the present one weighs more than in the average that is kept.
 *
 *     p = p - learningRate * weightDecay * p
 *     p = p - learningRate * sign(beta1 * m + (1 - beta1) * g)
 *     m = beta2 * m + (1 - beta2) * g
 *
 * Roundings, in this order: `shrunk = p * (1 - learningRate * weightDecay)`, where there is weight decay, once; `beta * m`,
 * once; the sum of it and the exact `(1 - beta) * g`, once; `shrunk - learningRate * sign`, once. The scalars in brackets,
 * and 1 - beta, are computed in float64 and rounded once to the tensor's type. The sign of 0 is 0, and so is that of NaN: a
 * NaN gradient makes the average NaN for good, and the parameter stands still.
 *
 * PyTorch has no Lion. The authors', Keras's and optax's differ in rounding: they add both products rounded. The authors' and
 * optax's add weight decay to the sign (optax: 0.001 by default); Keras shrinks p first, as here, and has a rate of 0.001 by
 * default.
 *
 * Source: Chen et al., Symbolic Discovery of Optimization Algorithms, arXiv:2302.06675, algorithm 2.
 */
export class Lion<P extends object> extends Optimizer<LionOptions, P> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, LionOptions>, options?: LionOptions) {
    super(lion, params, options);
  }
}
export interface Lion<P extends object> extends Properties<LionOptions> {}
