import { power } from '../arithmetic/power.js';
import { type CommonOptions, commonHyperparameters, type Properties } from '../common-options.js';
import { nonNegative, properFraction, type Specification } from '../hyperparameters.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import { defineRule, Rate } from '../rule.js';

export interface AdamaxOptions extends CommonOptions {
  /** Step size. Domain: at least 0. Default: 0.002 (Keras: 0.001). */
  learningRate?: number | undefined;
  /** Decay of the moving average of gradients. Domain: [0, 1). Default: 0.9. */
  beta1?: number | undefined;
  /** Decay of the largest gradient. Domain: [0, 1). Default: 0.999. */
  beta2?: number | undefined;
  /** Added to the size of each gradient. Domain: at least 0. Default: 1e-8 (Keras: 1e-7, added to the denominator). */
  epsilon?: number | undefined;
}

const hyperparameters: Specification<AdamaxOptions> = {
  learningRate: nonNegative(0.002),
  beta1: properFraction(0.9),
  beta2: properFraction(0.999),
  epsilon: nonNegative(1e-8),
  ...commonHyperparameters,
};

/** Mirrors native/rules/adamax.h line for line. */
export const adamax = defineRule({
  name: 'Adamax',
  kernel: 'adamax',
  hyperparameters,
  state: [{ name: 'gradientAverage', signed: true }, { name: 'infinityNorm' }],
  pytorch: {
    states: { gradientAverage: 'exp_avg', infinityNorm: 'exp_inf' },
    step: true,
    options: {
      lr: 'learningRate',
      betas: ['beta1', 'beta2'],
      eps: 'epsilon',
      weight_decay: 'weightDecay',
      maximize: 'maximize',
    },
    fixed: { weightDecayMode: 'l2' },
    settings: { foreach: null, capturable: false, differentiable: false },
  },
  scalars: ['oneMinusBeta1', 'beta2', 'epsilon', 'negativeStepSize'],
  switches: [],

  prepare(h, step, c, _on, _calls, _numbers, rates) {
    c.oneMinusBeta1 = 1 - h.beta1;
    c.beta2 = h.beta2;
    c.epsilon = h.epsilon;
    c.negativeStepSize = -(rates[Rate.LEARNING_RATE] / (1 - power(h.beta1, step)));
  },

  update(x, c, _on, { add, mul, div, lerp, maximum }) {
    const g = x.g;

    const m = lerp(x.gradientAverage, g, c.oneMinusBeta1);
    x.gradientAverage = m;
    const u = maximum(mul(c.beta2, x.infinityNorm), add(Math.abs(g), c.epsilon));
    x.infinityNorm = u;
    x.p = add(x.p, div(mul(c.negativeStepSize, m), u));
  },
});

/**
 * Adamax: Adam with the largest gradient, which fades, in the place of the root mean square.
 *
 *     m = beta1 * m + (1 - beta1) * g;    u = max(beta2 * u, |g| + epsilon)
 *     p = p - learningRate / (1 - beta1^t) * m / u
 *
 * As PyTorch's (`foreach=False`) to the bit. Keras adds epsilon to u where it divides, and not to the gradient.
 * optax adds it to the gradient, as here, and differs in rounding only: it divides m by 1 - beta1^t first.
 *
 * Source: Kingma and Ba, arXiv:1412.6980, section 7.1; torch/optim/adamax.py.
 */
export class Adamax<P extends object> extends Optimizer<AdamaxOptions, P> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, AdamaxOptions>, options?: AdamaxOptions) {
    super(adamax, params, options);
  }
}
export interface Adamax<P extends object> extends Properties<AdamaxOptions> {}
