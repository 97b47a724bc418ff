import { power } from '../arithmetic/power.js';
import { type CommonOptions, commonHyperparameters, type Properties } from '../common-options.js';
import { failure, show } from '../errors.js';
import {
  boolean,
  fraction,
  initially,
  nonNegative,
  oneOf,
  properFraction,
  type Specification,
} from '../hyperparameters.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import {
  checkRelativeCap,
  type RelativeCapOptions,
  relativeCapHyperparameters,
} from '../relative-cap.js';
import { defineRule, Rate } from '../rule.js';

export interface RMSpropOptions extends CommonOptions, RelativeCapOptions {
  /** Step size. Domain: at least 0. Default: 0.001 (PyTorch: 0.01). */
  learningRate?: number | undefined;
  /**
   * Decay of the moving average of squared gradients: the weight of the past. Domain: [0, 1). Default: 0.9.
   * PyTorch calls it alpha (0.99), Keras and TensorFlow rho or decay (0.9).
   */
  decay?: number | undefined;
  /** Keeps the denominator away from 0. Domain: at least 0. Default: 1e-7 (PyTorch: 1e-8). */
  epsilon?: number | undefined;
  /**
   * `'inside'`: sqrt(v + epsilon), as in TensorFlow and Keras; `'outside'`: sqrt(v) + epsilon, as in PyTorch.
   * Default: `'inside'`.
   */
  epsilonPlacement?: 'inside' | 'outside' | undefined;
  /** Weight of the past in the momentum buffer; 0 keeps no buffer. Domain: [0, 1]. Default: 0. */
  momentum?: number | undefined;
  /**
   * Where the learning rate enters. `'gradient'`: the buffer holds scaled gradients and the rate is applied when the buffer
   * is, as in PyTorch; `'update'`: the buffer holds updates made with the rate of their time, as in TensorFlow and Keras.
   * Alike until the rate changes. Default: `'gradient'`.
   */
  momentumScaling?: 'gradient' | 'update' | undefined;
  /** Nesterov's momentum: looks one step ahead. Needs momentum. Default: false. PyTorch and Keras have no such option. */
  nesterov?: boolean | undefined;
  /** Divides by the standard deviation of the gradient instead of its root mean square (Graves). Default: false. */
  centered?: boolean | undefined;
  /**
   * Divides the averages of squared gradients and, if centred, of gradients by what they are of themselves for having started
   * from 0: 1 - decay^t. Then the first step is the learning rate, and not learningRate / sqrt(1 - decay). Default: false. As
   * `bias_correction` of optax; like there an initialSquareAverage is divided, too. PyTorch and Keras have no such option.
   */
  biasCorrection?: boolean | undefined;
  /** What the average of squared gradients starts from. Domain: at least 0. Default: 0 (TensorFlow 1: 1). */
  initialSquareAverage?: number | undefined;
}

const hyperparameters: Specification<RMSpropOptions> = {
  learningRate: nonNegative(0.001),
  decay: properFraction(0.9),
  epsilon: nonNegative(1e-7),
  epsilonPlacement: oneOf('inside', 'outside'),
  momentum: fraction(0),
  momentumScaling: oneOf('gradient', 'update'),
  nesterov: boolean(false),
  centered: boolean(false),
  biasCorrection: boolean(false),
  initialSquareAverage: initially(nonNegative(0)),
  ...relativeCapHyperparameters,
  ...commonHyperparameters,
};

/** Mirrors native/rules/rmsprop.h line for line. */
export const rmsprop = defineRule({
  name: 'RMSprop',
  kernel: 'rmsprop',
  hyperparameters,
  state: [
    { name: 'squareAverage', initial: (h) => h.initialSquareAverage },
    { name: 'gradientAverage', signed: true, needed: (h) => h.centered },
    { name: 'momentumBuffer', signed: true, needed: (h) => h.momentum !== 0 },
  ],
  pytorch: {
    states: {
      squareAverage: 'square_avg',
      gradientAverage: 'grad_avg',
      momentumBuffer: 'momentum_buffer',
    },
    step: true,
    options: {
      lr: 'learningRate',
      alpha: 'decay',
      eps: 'epsilon',
      momentum: 'momentum',
      centered: 'centered',
      weight_decay: 'weightDecay',
      maximize: 'maximize',
    },
    fixed: {
      relativeCap: false,
      epsilonPlacement: 'outside',
      momentumScaling: 'gradient',
      nesterov: false,
      biasCorrection: false,
      initialSquareAverage: 0,
      weightDecayMode: 'l2',
    },
    settings: { foreach: null, capturable: false, differentiable: false },
  },
  scalars: [
    'decay',
    'oneMinusDecay',
    'inverseBiasCorrection',
    'rootInverseBiasCorrection',
    'epsilon',
    'learningRate',
    'negativeLearningRate',
    'momentum',
  ],
  switches: ['centered', 'epsilonInside', 'withMomentum', 'rateInBuffer', 'nesterov'],

  check(h, where) {
    const { nesterov, momentum, momentumScaling, centered, stateType } = h;
    const holdsRates = momentum !== 0 && momentumScaling === 'update';
    checkRelativeCap(h, where, holdsRates ? "momentumScaling is 'update'" : undefined);
    // The variance is a difference of nearly equal numbers, of which rounded averages leave nothing.
    if (centered && stateType !== 'float32') {
      const expected = `${where}.stateType to be 'float32' where centered is true`;
      throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, show(stateType));
    }
    if (nesterov && momentum === 0) {
      const expected = `${where}.momentum to be above 0 where nesterov is true`;
      throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, '0');
    }
  },

  prepare(h, step, c, on, _calls, _numbers, rates) {
    c.decay = h.decay;
    c.oneMinusDecay = 1 - h.decay;
    c.inverseBiasCorrection = 1;
    c.rootInverseBiasCorrection = 1;
    if (h.biasCorrection) {
      c.inverseBiasCorrection = 1 / (1 - power(h.decay, step));
      c.rootInverseBiasCorrection = Math.sqrt(1 / (1 - power(h.decay, step)));
    }
    c.epsilon = h.epsilon;
    c.learningRate = rates[Rate.LEARNING_RATE];
    c.negativeLearningRate = -rates[Rate.LEARNING_RATE];
    c.momentum = h.momentum;
    on.centered = h.centered;
    on.epsilonInside = h.epsilonPlacement === 'inside';
    on.withMomentum = h.momentum !== 0;
    on.rateInBuffer = h.momentumScaling === 'update';
    on.nesterov = h.nesterov;
  },

  update(x, c, on, { add, sub, mul, div, fma, sqrt, lerp, clampToZero }) {
    const g = x.g;

    const v = fma(mul(c.oneMinusDecay, g), g, mul(c.decay, x.squareAverage));
    x.squareAverage = v;
    let s = v;
    if (on.centered) {
      const m = lerp(x.gradientAverage, g, c.oneMinusDecay);
      x.gradientAverage = m;
      s = clampToZero(fma(-mul(c.inverseBiasCorrection, m), m, v));
    }
    // A sum has the same bits where the factor is 1, and takes V8 half the time.
    const factor = on.epsilonInside ? c.inverseBiasCorrection : c.rootInverseBiasCorrection;
    const root = on.epsilonInside ? s : sqrt(s);
    const sum = factor === 1 ? add(root, c.epsilon) : fma(root, factor, c.epsilon);
    const d = on.epsilonInside ? sqrt(sum) : sum;

    if (!on.withMomentum) {
      x.p = add(x.p, div(mul(c.negativeLearningRate, g), d));
    } else {
      const u = div(on.rateInBuffer ? mul(c.learningRate, g) : g, d);
      const b = add(mul(c.momentum, x.momentumBuffer), u);
      x.momentumBuffer = b;
      const w = on.nesterov ? fma(c.momentum, b, u) : b;
      x.p = on.rateInBuffer ? sub(x.p, w) : fma(c.negativeLearningRate, w, x.p);
    }
  },
});

/**
 * RMSprop: divides the gradient by a moving root mean square of itself.
 *
 *     v = decay * v + (1 - decay) * g * g
 *     p = p - learningRate * g / sqrt(v + epsilon)
 *
 * With `centered`, the variance v - m * m stands for v, where m is the moving average of g, and where rounding makes that
 * negative it counts as 0. With `momentum`, the quotient runs through a buffer b = momentum * b + quotient.
 * With `biasCorrection`, v and m are first divided by 1 - decay^t, in arithmetic multiplied by its inverse.
 *
 * Differs from PyTorch in its defaults and in offering both places of epsilon, Nesterov's momentum, the rate inside the
 * buffer and decoupled weight decay; with `presets.pytorch` its bits are those of PyTorch's loop over tensors, but for the
 * square root, which here is always correctly rounded. Differs from TensorFlow in rounding only: `presets.keras`,
 * `presets.tensorflow1` and `presets.tfjs` follow their trajectories; TensorFlow.js's centred form subtracts epsilon, this
 * one adds it.
 *
 * Source: Hinton, Neural Networks for Machine Learning, lecture 6e, 2012; the centred form: Graves, arXiv:1308.0850.
 */
export class RMSprop<P extends object> extends Optimizer<RMSpropOptions, P> {
  /**
   * @param params the tensors to update in place, Float32Array, Float64Array, Float16Array or, with the option `dtype`,
   * Uint16Array: one, a list, a record, or a list of groups `{ params, ...options }`
   * @param options for all groups that do not set their own
   * @throws TypeError ERR_UNKNOWN_OPTION, ERR_INVALID_OPTION, ERR_INVALID_PARAMS, ERR_TENSOR_TYPE
   * @throws RangeError ERR_INVALID_OPTION, ERR_CONFLICTING_OPTIONS, ERR_INVALID_PARAMS, ERR_TENSOR_DETACHED,
   * ERR_TENSOR_OVERLAP, ERR_OUT_OF_MEMORY
   */
  constructor(params: Strict<P, RMSpropOptions>, options?: RMSpropOptions) {
    super(rmsprop, params, options);
  }
}
export interface RMSprop<P extends object>
  extends Properties<RMSpropOptions, 'initialSquareAverage'> {}
