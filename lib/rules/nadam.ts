import { power, powersInPlace } from '../arithmetic/power.js';
import { type CommonOptions, commonHyperparameters, type Properties } from '../common-options.js';
import {
  fractionTo,
  nonNegative,
  properFraction,
  type Specification,
  type Values,
} from '../hyperparameters.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import { defineRule, Rate } from '../rule.js';

export interface NAdamOptions extends CommonOptions {
  /** Step size. Domain: at least 0. Default: 0.002 (Keras: 0.001). */
  learningRate?: number | undefined;
  /** Decay of the moving average of gradients, and what the momentum grows to. Domain: [0, 1 - 2^-24]. Default: 0.9. */
  beta1?: number | undefined;
  /** Decay of the moving average of squared gradients. Domain: [0, 1). Default: 0.999. */
  beta2?: number | undefined;
  /** Added to the root. Domain: at least 0. Default: 1e-8 (Keras: 1e-7). */
  epsilon?: number | undefined;
  /** How fast the momentum grows from half of beta1 to beta1. Domain: at least 0. Default: 0.004. */
  momentumDecay?: number | undefined;
}

// A larger beta1 can be 1 in float32, and the product of the momenta, too; what that lacks to 1 is a divisor.
const hyperparameters: Specification<NAdamOptions> = {
  learningRate: nonNegative(0.002),
  beta1: fractionTo(1 - 2 ** -24, '1 - 2^-24', 0.9),
  beta2: properFraction(0.999),
  epsilon: nonNegative(1e-8),
  momentumDecay: nonNegative(0.004),
  ...commonHyperparameters,
};

/** The momentum at a step and that at the next one. In memory, as a fraction that a call returns may be a new object. */
const momenta = new Float64Array(2);
/** What they were computed for: beta1, momentumDecay and the step. */
const computedFor = new Float64Array(3);

function computeMomenta({ beta1, momentumDecay }: Values<NAdamOptions>, step: number) {
  const known = computedFor;
  if (known[0] === beta1 && known[1] === momentumDecay && known[2] === step) return;
  known[0] = beta1;
  known[1] = momentumDecay;
  known[2] = step;
  // Beyond the largest exponent the power is 0 all the same.
  momenta[0] = Math.min(step * momentumDecay, Number.MAX_SAFE_INTEGER);
  momenta[1] = Math.min((step + 1) * momentumDecay, Number.MAX_SAFE_INTEGER);
  powersInPlace(0.96, momenta);
  for (let k = 0; k < 2; k++) momenta[k] = beta1 * (1 - 0.5 * (momenta[k] as number));
}

/** The place of the product of the momenta so far among the numbers of a tensor. */
const PRODUCT = 0;

/** Mirrors native/rules/nadam.h line for line. */
export const nadam = defineRule({
  name: 'NAdam',
  kernel: 'nadam',
  hyperparameters,
  state: [{ name: 'gradientAverage', signed: true }, { name: 'squareAverage' }],
  numbers: {
    kept: [
      {
        name: 'momentumProduct',
        start: 1,
        expected: 'a float32 number from 0 to 1',
        accepts: (x) => x >= 0 && x <= 1 && Math.fround(x) === x,
      },
    ],
    advance(h, step, numbers) {
      computeMomenta(h, step);
      const momentum = Math.fround(momenta[0] as number);
      numbers[PRODUCT] = Math.fround((numbers[PRODUCT] as number) * momentum);
    },
  },
  pytorch: {
    states: { gradientAverage: 'exp_avg', squareAverage: 'exp_avg_sq' },
    numbers: { momentumProduct: 'mu_product' },
    step: true,
    options: {
      lr: 'learningRate',
      betas: ['beta1', 'beta2'],
      eps: 'epsilon',
      momentum_decay: 'momentumDecay',
      weight_decay: 'weightDecay',
      decoupled_weight_decay: { option: 'weightDecayMode', words: ['l2', 'decoupled'] },
      maximize: 'maximize',
    },
    fixed: {},
    settings: { foreach: null, capturable: false, differentiable: false },
  },
  scalars: [
    'oneMinusBeta1',
    'beta2',
    'oneMinusBeta2',
    'biasCorrection2',
    'epsilon',
    'negativeGradientStep',
    'negativeAverageStep',
  ],
  switches: [],

  prepare(h, step, c, _on, _calls, numbers, rates) {
    computeMomenta(h, step);
    const momentum = momenta[0] as number;
    const next = momenta[1] as number;
    const product = numbers[PRODUCT] as number;
    c.oneMinusBeta1 = 1 - h.beta1;
    c.beta2 = h.beta2;
    c.oneMinusBeta2 = 1 - h.beta2;
    c.biasCorrection2 = 1 - power(h.beta2, step);
    c.epsilon = h.epsilon;
    c.negativeGradientStep = (-rates[Rate.LEARNING_RATE] * (1 - momentum)) / (1 - product);
    c.negativeAverageStep = (-rates[Rate.LEARNING_RATE] * next) / (1 - product * next);
  },

  update(x, c, _on, { add, mul, div, fma, sqrt, lerp }) {
    const g = x.g;

    const m = lerp(x.gradientAverage, g, c.oneMinusBeta1);
    x.gradientAverage = m;
    const v = fma(mul(c.oneMinusBeta2, g), g, mul(c.beta2, x.squareAverage));
    x.squareAverage = v;
    const d = add(sqrt(div(v, c.biasCorrection2)), c.epsilon);
    x.p = add(x.p, div(mul(c.negativeGradientStep, g), d));
    x.p = add(x.p, div(mul(c.negativeAverageStep, m), d));
  },
});

/**
 * NAdam: {@link Adam} with Nesterov's momentum, which grows on the way: a step along the average of gradients as it will be
 * if the next gradient is like this one.
 *
 *     m = beta1 * m + (1 - beta1) * g;    v = beta2 * v + (1 - beta2) * g * g
 *     mu(t) = beta1 * (1 - 0.96^(t * momentumDecay) / 2);    P(t) = mu(1) * mu(2) * ... * mu(t)
 *     u = (1 - mu(t)) * g / (1 - P(t)) + mu(t + 1) * m / (1 - P(t) * mu(t + 1))
 *     p = p - learningRate * u / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * P is a float32 number of each tensor, `momentumProduct`, as in PyTorch its `mu_product`: in state dictionaries and
 * checkpoints it stands in `numbers`. As PyTorch's (`foreach=False`) to the bit, but for the square root, which here is
 * always correctly rounded. With `weightDecayMode: 'decoupled'` it is PyTorch's NAdamW (`decoupled_weight_decay`). Keras's
 * Nadam has a momentumDecay of 1; that of optax's `nadam` is beta1 from the start.
 *
 * A tensor that PyTorch has loaded with `load_state_dict` of its own has mu_product in the tensor's type; float64 is rounded
 * to float32 here.
 *
 * Source: Dozat, Incorporating Nesterov Momentum into Adam, ICLR workshop 2016; torch/optim/nadam.py.
 */
export class NAdam<P extends object> extends Optimizer<NAdamOptions, P> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, NAdamOptions>, options?: NAdamOptions) {
    super(nadam, params, options);
  }
}
export interface NAdam<P extends object> extends Properties<NAdamOptions> {}
