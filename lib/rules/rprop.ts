import { type CommonOptions, commonHyperparameters, type Properties } from '../common-options.js';
import { failure, show } from '../errors.js';
import { aboveOne, nonNegative, openFraction, type Specification } from '../hyperparameters.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import { defineRule, Rate } from '../rule.js';

export interface RpropOptions extends CommonOptions {
  /**
   * What every step size starts from: read at a tensor's first step, and later by decoupled weight decay alone. Domain: at
   * least 0. Default: 0.01.
   */
  learningRate?: number | undefined;
  /** Multiplies the step size when the gradient has changed its sign. Domain: (0, 1). Default: 0.5. */
  etaMinus?: number | undefined;
  /** Multiplies the step size when the gradient has kept its sign. Domain: above 1. Default: 1.2. */
  etaPlus?: number | undefined;
  /** The least step size. Domain: from 0 to `stepMax`. Default: 1e-6. */
  stepMin?: number | undefined;
  /** The largest step size. Domain: at least `stepMin`. Default: 50. */
  stepMax?: number | undefined;
}

const hyperparameters: Specification<RpropOptions> = {
  learningRate: nonNegative(0.01),
  etaMinus: openFraction(0.5),
  etaPlus: aboveOne(1.2),
  stepMin: nonNegative(1e-6),
  stepMax: nonNegative(50),
  ...commonHyperparameters,
};

/** Mirrors native/rules/rprop.h line for line. */
export const rprop = defineRule({
  name: 'Rprop',
  kernel: 'rprop',
  hyperparameters,
  state: [{ name: 'previousGradient', signed: true }, { name: 'stepSize' }],
  pytorch: {
    states: { previousGradient: 'prev', stepSize: 'step_size' },
    step: true,
    options: {
      lr: 'learningRate',
      etas: ['etaMinus', 'etaPlus'],
      step_sizes: ['stepMin', 'stepMax'],
      maximize: 'maximize',
    },
    fixed: { weightDecay: 0, weightDecayMode: 'l2' },
    settings: { foreach: null, capturable: false, differentiable: false },
  },
  scalars: ['learningRate', 'etaMinus', 'etaPlus', 'stepMin', 'stepMax'],
  switches: ['firstStep'],
  ignoresLaterRates: true,
  needsWholeTensors: true,

  check({ stepMin, stepMax, stateType }, where) {
    // Step sizes differ by many powers of ten, and every one is all that its parameter has; of gradients the sign counts,
    // which a narrow block loses where they are small.
    if (stateType !== 'float32') {
      const expected = `${where}.stateType to be 'float32' for Rprop`;
      throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, show(stateType));
    }
    if (stepMin > stepMax) {
      const expected = `${where}.stepMin to be at most ${where}.stepMax, ${stepMax}`;
      throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, show(stepMin));
    }
  },

  prepare(h, step, c, on, _calls, _numbers, rates) {
    c.learningRate = rates[Rate.LEARNING_RATE];
    c.etaMinus = h.etaMinus;
    c.etaPlus = h.etaPlus;
    c.stepMin = h.stepMin;
    c.stepMax = h.stepMax;
    on.firstStep = step === 1;
  },

  update(x, c, on, { mul, fma, sign, clamp }) {
    const g = x.g;

    const q = on.firstStep ? 0 : mul(g, x.previousGradient);
    let s = on.firstStep ? c.learningRate : x.stepSize;
    if (q > 0) s = mul(s, c.etaPlus);
    else if (q < 0) s = mul(s, c.etaMinus);
    s = clamp(s, c.stepMin, c.stepMax);
    x.stepSize = s;
    const b = q < 0 ? 0 : g;
    x.previousGradient = b;
    x.p = fma(-sign(b), s, x.p);
  },
});

/**
 * Rprop, resilient backpropagation: of the gradient only the signs count, and every parameter has a step size of its own,
 * which grows while they stay the same and shrinks when they change. For gradients of all the data: those of mini-batches
 * change their signs by chance, for which RMSprop was made.
 *
 *     s = s * etaPlus,  where g * b > 0;  s * etaMinus, where g * b < 0, and there g counts as 0;  from stepMin to stepMax
 *     p = p - sign(g) * s;    b = g
 *
 * The first s is learningRate; the product may underflow to 0, which changes nothing. A NaN counts as 0 in both signs, so a
 * NaN gradient leaves the parameter alone. As PyTorch's (`foreach=False`) to the bit; PyTorch's has no weight decay. Where
 * weight decay is part of the gradient (`'l2'`), it takes part in the sign.
 *
 * Keras has no Rprop. That of optax (0.2.8) keeps the step s * sign(g) instead of g, does not bring s into its limits where the
 * product is 0, as at the first step, and makes at each call the step of the call before, or none where the sign has changed.
 *
 * Its states are float32: another `stateType` is ERR_CONFLICTING_OPTIONS, as is a stepMin above stepMax.
 *
 * Source: Riedmiller and Braun, ICNN 1993; without weight backtracking, iRprop-: Igel and Hüsken, NC 2000;
 * torch/optim/rprop.py.
 */
export class Rprop<P extends object> extends Optimizer<RpropOptions, P> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, RpropOptions>, options?: RpropOptions) {
    super(rprop, params, options);
  }
}
export interface Rprop<P extends object> extends Properties<RpropOptions> {}
