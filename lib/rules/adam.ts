import { power } from '../arithmetic/power.js';
import { type CommonOptions, commonHyperparameters, type Properties } from '../common-options.js';
import { boolean, nonNegative, properFraction, type Specification } from '../hyperparameters.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import { type RelativeCapOptions, relativeCapHyperparameters } from '../relative-cap.js';
import { defineRule, type PyTorchNames, Rate } from '../rule.js';

export interface AdamOptions extends CommonOptions, RelativeCapOptions {
  /** Step size. Domain: at least 0. Default: 0.001. */
  learningRate?: number | undefined;
  /** Decay of the moving average of gradients. Domain: [0, 1). Default: 0.9. */
  beta1?: number | undefined;
  /** Decay of the moving average of squared gradients. Domain: [0, 1). Default: 0.999. */
  beta2?: number | undefined;
  /** Added to the root. Domain: at least 0. Default: 1e-8 (Keras: 1e-7). */
  epsilon?: number | undefined;
  /**
   * Divides both averages by what they are of themselves for having started from 0: 1 - beta1^t and 1 - beta2^t. Without
   * it the first update is (1 - beta1) / sqrt(1 - beta2) times as large, with the defaults about 3 times. Default: true.
   * PyTorch, Keras and optax always correct.
   */
  biasCorrection?: boolean | undefined;
  /** Divides by the largest average so far, so that the denominator never shrinks. Default: false. */
  amsgrad?: boolean | undefined;
}

const hyperparameters: Specification<AdamOptions> = {
  learningRate: nonNegative(0.001),
  beta1: properFraction(0.9),
  beta2: properFraction(0.999),
  epsilon: nonNegative(1e-8),
  biasCorrection: boolean(true),
  amsgrad: boolean(false),
  ...relativeCapHyperparameters,
  ...commonHyperparameters,
};

export const adamInPyTorch = {
  states: {
    gradientAverage: 'exp_avg',
    squareAverage: 'exp_avg_sq',
    maxSquareAverage: 'max_exp_avg_sq',
  },
  step: true,
  options: {
    lr: 'learningRate',
    betas: ['beta1', 'beta2'],
    eps: 'epsilon',
    amsgrad: 'amsgrad',
    weight_decay: 'weightDecay',
    decoupled_weight_decay: { option: 'weightDecayMode', words: ['l2', 'decoupled'] },
    maximize: 'maximize',
  },
  fixed: { biasCorrection: true, relativeCap: false },
  settings: { foreach: null, capturable: false, differentiable: false, fused: null },
} as const satisfies PyTorchNames<AdamOptions>;

/** Mirrors native/rules/adam.h line for line. */
export const adam = defineRule({
  name: 'Adam',
  kernel: 'adam',
  hyperparameters,
  state: [
    { name: 'gradientAverage', signed: true },
    { name: 'squareAverage' },
    { name: 'maxSquareAverage', needed: (h) => h.amsgrad },
  ],
  pytorch: adamInPyTorch,
  scalars: [
    'oneMinusBeta1',
    'beta2',
    'oneMinusBeta2',
    'rootBiasCorrection2',
    'epsilon',
    'negativeStepSize',
  ],
  switches: ['amsgrad'],

  prepare(h, step, c, on, _calls, _numbers, rates) {
    c.oneMinusBeta1 = 1 - h.beta1;
    c.beta2 = h.beta2;
    c.oneMinusBeta2 = 1 - h.beta2;
    c.epsilon = h.epsilon;
    c.rootBiasCorrection2 = 1;
    c.negativeStepSize = -rates[Rate.LEARNING_RATE];
    if (h.biasCorrection) {
      c.rootBiasCorrection2 = Math.sqrt(1 - power(h.beta2, step));
      c.negativeStepSize = -(rates[Rate.LEARNING_RATE] / (1 - power(h.beta1, step)));
    }
    on.amsgrad = h.amsgrad;
  },

  update(x, c, on, { add, mul, div, fma, sqrt, lerp, maximum }) {
    const g = x.g;

    const m = lerp(x.gradientAverage, g, c.oneMinusBeta1);
    x.gradientAverage = m;
    const v = fma(mul(c.oneMinusBeta2, g), g, mul(c.beta2, x.squareAverage));
    x.squareAverage = v;
    if (on.amsgrad) x.maxSquareAverage = maximum(x.maxSquareAverage, v);
    const root = sqrt(on.amsgrad ? x.maxSquareAverage : v);
    const d = add(div(root, c.rootBiasCorrection2), c.epsilon);
    x.p = add(x.p, div(mul(c.negativeStepSize, m), d));
  },
});

/**
 * Adam: moving averages of the gradient and of its square, both corrected for their start at 0.
 *
 *     m = beta1 * m + (1 - beta1) * g;    v = beta2 * v + (1 - beta2) * g * g
 *     p = p - learningRate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * Without `biasCorrection` both divisors, 1 - beta1^t and 1 - beta2^t, are 1.
 *
 * As PyTorch's (`foreach=False`) to the bit, but for square roots, which here are always correctly rounded: PyTorch takes
 * that of 1 - beta2^t by `pow`, which at a few steps from the 345th on is 1 ulp of float64 off. Keras puts
 * epsilon before the bias correction of v, which makes it smaller in the first steps.
 *
 * Source: Kingma and Ba, arXiv:1412.6980; AMSGrad: Reddi et al., ICLR 2018; torch/optim/adam.py.
 */
export class Adam<P extends object> extends Optimizer<AdamOptions, P> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, AdamOptions>, options?: AdamOptions) {
    super(adam, params, options);
  }
}
export interface Adam<P extends object> extends Properties<AdamOptions> {}
