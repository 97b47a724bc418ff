import { bound, properFraction, type Specification } from './hyperparameters.js';
import type { Stage } from './rule.js';

/** What every optimizer can do to a parameter after its rule has moved it. */
export interface ParameterOptions {
  /**
   * The least that a parameter may be: one that falls below becomes this, by projection; NaN stays. In 16-bit parameters it
   * is rounded to the nearest of their numbers, and one that would round to infinity, such as 65520 in float16, is
   * ERR_CONFLICTING_OPTIONS. Domain: any number of float32. Default: -Infinity, which is no bound.
   * As `optax.projections.projection_box`; PyTorch and Keras leave it to the caller (Keras: constraints).
   */
  lowerBound?: number | undefined;
  /** The most that a parameter may be. Domain: at least lowerBound. Default: Infinity. */
  upperBound?: number | undefined;
  /**
   * Keeps a moving average of the parameters, e = averageDecay * e + (1 - averageDecay) * p after every update of a tensor;
   * the first one starts it from p. `swapInAverages()` of the optimizer uses it. 0 keeps none. Domain: [0, 1). Default: 0.
   *
   * As Keras's `use_ema` with `ema_momentum`, PyTorch's `swa_utils.AveragedModel` with `get_ema_multi_avg_fn`, and
   * `optax.ema` of parameters. A float32 number for each parameter (float64 for Float64Array), whatever `stateType`. Turned
   * on later, it starts from the parameters as they are then; turned off, it stays as it is, and may go on from there.
   */
  averageDecay?: number | undefined;
}

export const parameterHyperparameters: Specification<ParameterOptions> = {
  lowerBound: bound(Number.NEGATIVE_INFINITY),
  upperBound: bound(Number.POSITIVE_INFINITY),
  averageDecay: properFraction(0),
};

type Scalar = 'lowerBound' | 'upperBound' | 'oneMinusAverageDecay';
type Switch = 'bounded' | 'averaged' | 'averageStarts';

/** The stage after every rule. Mirrors native/parameter.h line for line. */
export const parameter: Stage<ParameterOptions, 'parameterAverage', Scalar, Switch> = {
  scalars: ['lowerBound', 'upperBound', 'oneMinusAverageDecay'],
  switches: ['bounded', 'averaged', 'averageStarts'],

  prepare(h, step, c, on) {
    c.lowerBound = h.lowerBound;
    c.upperBound = h.upperBound;
    c.oneMinusAverageDecay = 1 - h.averageDecay;
    on.bounded = h.lowerBound > Number.NEGATIVE_INFINITY || h.upperBound < Number.POSITIVE_INFINITY;
    on.averaged = h.averageDecay !== 0;
    on.averageStarts = h.averageDecay !== 0 && step === 1;
  },

  update(x, c, on, { lerp, clamp }) {
    if (on.bounded) x.p = clamp(x.p, c.lowerBound, c.upperBound);
    if (on.averaged) {
      x.parameterAverage = on.averageStarts
        ? x.p
        : lerp(x.parameterAverage, x.p, c.oneMinusAverageDecay);
    }
  },
};
