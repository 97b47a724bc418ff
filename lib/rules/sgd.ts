import { type CommonOptions, commonHyperparameters, type Properties } from '../common-options.js';
import { failure } from '../errors.js';
import { boolean, fraction, nonNegative, type Specification } from '../hyperparameters.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import { type RelativeCapOptions, relativeCapHyperparameters } from '../relative-cap.js';
import { defineRule, Rate } from '../rule.js';

export interface SGDOptions extends CommonOptions, RelativeCapOptions {
  /** Step size. Domain: at least 0. Default: 0.01 (PyTorch: 0.001; Keras: 0.01). */
  learningRate?: number | undefined;
  /** Weight of the past in the momentum buffer; 0 keeps no buffer. Domain: [0, 1]. Default: 0. */
  momentum?: number | undefined;
  /** How much less than the whole gradient enters the buffer, from the second step on. Domain: [0, 1]. Default: 0. */
  dampening?: number | undefined;
  /** Nesterov's momentum: looks one step ahead. Needs momentum, and no dampening. Default: false. */
  nesterov?: boolean | undefined;
}

const hyperparameters: Specification<SGDOptions> = {
  learningRate: nonNegative(0.01),
  momentum: fraction(0),
  dampening: fraction(0),
  nesterov: boolean(false),
  ...relativeCapHyperparameters,
  ...commonHyperparameters,
};

/** Mirrors native/rules/sgd.h line for line. */
export const sgd = defineRule({
  name: 'SGD',
  kernel: 'sgd',
  hyperparameters,
  state: [{ name: 'momentumBuffer', signed: true, needed: (h) => h.momentum !== 0 }],
  pytorch: {
    states: { momentumBuffer: 'momentum_buffer' },
    step: false,
    options: {
      lr: 'learningRate',
      momentum: 'momentum',
      dampening: 'dampening',
      nesterov: 'nesterov',
      weight_decay: 'weightDecay',
      maximize: 'maximize',
    },
    fixed: { weightDecayMode: 'l2', relativeCap: false },
    settings: { foreach: null, differentiable: false, fused: null },
  },
  scalars: ['negativeLearningRate', 'momentum', 'oneMinusDampening'],
  switches: ['withMomentum', 'firstStep', 'nesterov'],

  check({ nesterov, momentum, dampening }, where) {
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      const expected = `${where}.momentum to be above 0 and ${where}.dampening to be 0 where nesterov is true`;
      const received = `momentum ${momentum} and dampening ${dampening}`;
      throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, received);
    }
  },

  prepare(h, step, c, on, _calls, _numbers, rates) {
    c.negativeLearningRate = -rates[Rate.LEARNING_RATE];
    c.momentum = h.momentum;
    c.oneMinusDampening = 1 - h.dampening;
    on.withMomentum = h.momentum !== 0;
    on.firstStep = step === 1;
    on.nesterov = h.nesterov;
  },

  update(x, c, on, { mul, fma }) {
    const g = x.g;

    let u = g;
    if (on.withMomentum) {
      const b = on.firstStep ? g : fma(c.oneMinusDampening, g, mul(c.momentum, x.momentumBuffer));
      x.momentumBuffer = b;
      u = on.nesterov ? fma(c.momentum, b, g) : b;
    }
    x.p = fma(c.negativeLearningRate, u, x.p);
  },
});

/**
 * Stochastic gradient descent, with momentum and Nesterov's momentum.
 *
 *     p = p - learningRate * g                                     gradient descent
 *     b = momentum * b + (1 - dampening) * g; p = p - learningRate * b         momentum; the first b is g
 *     p = p - learningRate * (g + momentum * b)                    Nesterov
 *
 * As PyTorch's, to the bit. Momentum that is switched on after the first step starts from b = 0. Keras and TensorFlow put
 * the rate into the buffer, which differs when the rate changes. optax does not, and differs in rounding only; it has no
 * dampening, and weight decay in a transformation of its own.
 *
 * Source: Polyak 1964; Sutskever et al., ICML 2013; torch/optim/sgd.py.
 */
export class SGD<P extends object> extends Optimizer<SGDOptions, P> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, SGDOptions>, options?: SGDOptions) {
    super(sgd, params, options);
  }
}
export interface SGD<P extends object> extends Properties<SGDOptions> {}
