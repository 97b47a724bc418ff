import type { Arithmetic } from './arithmetic/arithmetic.js';
import { limit, type Specification } from './hyperparameters.js';
import { type OptimizerWideOptions, refusesNonFinite } from './optimizer-wide-options.js';
import type { Element, Stage } from './rule.js';

/** What every optimizer can do to the gradients of a group before everything else. */
export interface TransformationOptions {
  /**
   * Clips every number of the gradient to [-clipValue, clipValue]; NaN stays. Domain: above 0. Default: Infinity.
   * As Keras's `clipvalue`, `torch.nn.utils.clip_grad_value_` and `optax.clip`.
   */
  clipValue?: number | undefined;
  /**
   * Clips the gradient of each tensor: one whose norm n = sqrt(sum of g * g) is larger is multiplied by `clipNorm / n`.
   * Domain: above 0. Default: Infinity. As Keras's `clipnorm`.
   */
  clipNorm?: number | undefined;
}

export const transformationHyperparameters: Specification<TransformationOptions> = {
  clipValue: limit(),
  clipNorm: limit(),
};

type Stream = 'gradientSum';
type Scalar = 'unscale' | 'calls' | 'clipValue' | 'clipNorm' | 'multiplier';
type Switch = 'scaled' | 'accumulated' | 'clippedByValue' | 'refusesInfinite' | 'clippedByNorm';
type C = Readonly<Record<Scalar, number>>;
type On = Readonly<Record<Switch, boolean>>;

/** The first stage. Mirrors native/transformation.h line for line. */
export const transformation: Stage<
  TransformationOptions & OptimizerWideOptions,
  Stream,
  Scalar,
  Switch
> = {
  scalars: ['unscale', 'calls', 'clipValue', 'clipNorm', 'multiplier'],
  switches: ['scaled', 'accumulated', 'clippedByValue', 'refusesInfinite', 'clippedByNorm'],

  prepare(h, _step, c, on, calls) {
    const closes = calls >= h.accumulationSteps;
    c.unscale = 1 / h.lossScale;
    c.calls = closes ? calls : 1;
    c.clipValue = h.clipValue;
    c.clipNorm = h.clipNorm;
    c.multiplier = 1; // known when norms are measured
    on.scaled = h.lossScale !== 1;
    on.accumulated = h.accumulationSteps > 1 || calls > 1;
    on.clippedByValue = closes && h.clipValue < Number.POSITIVE_INFINITY;
    on.refusesInfinite = closes && h.clipValue < Number.POSITIVE_INFINITY && refusesNonFinite(h);
    on.clippedByNorm = Math.min(h.clipNorm, h.clipGlobalNorm) < Number.POSITIVE_INFINITY;
  },

  update(x, c, on, arithmetic) {
    x.g = clipByValue(mean(x, c, on, arithmetic), c, on, arithmetic);
    if (on.accumulated) x.gradientSum = 0;
    if (on.clippedByNorm) x.g = arithmetic.mul(x.g, c.multiplier);
  },
};

function mean(x: Element<Stream>, c: C, on: On, { add, mul, div }: Arithmetic): number {
  let g = x.g;
  if (on.scaled) g = mul(g, c.unscale);
  if (on.accumulated) g = div(add(x.gradientSum, g), c.calls);
  return g;
}

function clipByValue(g: number, c: C, on: On, { clamp }: Arithmetic): number {
  return on.clippedByValue ? clamp(g, -c.clipValue, c.clipValue) : g;
}

/** The gradient whose norm is measured; NaN where an infinite number is refused, though it can be clipped. */
export function measured(x: Element<Stream>, c: C, on: On, arithmetic: Arithmetic): number {
  const g = mean(x, c, on, arithmetic);
  const clipped = clipByValue(g, c, on, arithmetic);
  return on.refusesInfinite ? arithmetic.add(clipped, arithmetic.sub(g, g)) : clipped;
}

/** The sum of gradients after one that is only added to it. */
export function accumulate(x: Element<Stream>, c: C, on: On, { add, mul }: Arithmetic): number {
  return add(x.gradientSum, on.scaled ? mul(x.g, c.unscale) : x.g);
}
