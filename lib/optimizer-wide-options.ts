import {
  boolean,
  limit,
  oneOf,
  optimizerWide,
  positiveInteger,
  type Specification,
  scale,
  type Values,
} from './hyperparameters.js';

/**
 * What every optimizer can do around a step, for all groups at once. Gradients go through all of it in this order: they are
 * unscaled (`lossScale`), summed (`accumulationSteps`), clipped by value, by the norm of each tensor, and by that of all;
 * then come weight decay and the rule.
 */
export interface OptimizerWideOptions {
  /**
   * Clips all gradients together: if n = sqrt(sum of g * g) over all tensors is larger, they are multiplied by
   * `clipGlobalNorm / n`. With `clipNorm`, n is the norm of what that leaves. Domain: above 0. Default: Infinity.
   *
   * As `torch.nn.utils.clip_grad_norm_`, which divides by n + 1e-6, Keras's `global_clipnorm` and
   * `optax.clip_by_global_norm`. Norms are sums in float64, of 4096 numbers at a time, in an order that never changes.
   */
  clipGlobalNorm?: number | undefined;
  /**
   * What the loss, and so the gradients, were multiplied by: they are multiplied by `1 / lossScale`. With
   * `dynamicLossScale`, the scale that the next loss is to have. Domain: from 2^-126 to 2^126. Default: 1.
   */
  lossScale?: number | undefined;
  /**
   * Adapts `lossScale`: gradients that are not all finite are skipped, whether `onNonFinite` is `'skip'` or its default,
   * `'propagate'`, and halve it, but not below 1; `lossScaleGrowthInterval` updates without one double it. Start from
   * something large, such as 65536. Default: false. As PyTorch's `GradScaler` and Keras's `LossScaleOptimizer`, which have no least scale. A scale that was
   * set while the step was under way is not made larger by it.
   */
  dynamicLossScale?: boolean | undefined;
  /** How many updates in a row double a dynamic loss scale. Domain: integers of at least 1. Default: 2000. */
  lossScaleGrowthInterval?: number | undefined;
  /**
   * What a step does when a gradient, unscaled and added to the sum, is infinite or NaN: `'propagate'` goes on; `'skip'`
   * leaves everything as it is, as if the call had not been made, but for `zeroGradients`; `'throw'` throws
   * ERR_GRADIENT_NOT_FINITE, and nothing has changed. With `dynamicLossScale` the default skips, too, and `'throw'` is
   * ERR_CONFLICTING_OPTIONS. Default: `'propagate'`. As `optax.apply_if_finite` without its limit.
   */
  onNonFinite?: 'propagate' | 'skip' | 'throw' | undefined;
  /**
   * Sums the gradients of so many calls of `step`, and makes the last of them an update with their mean. A null gradient adds
   * nothing; a null gradient in the call that makes the update leaves the tensor, and its sum, for the next time: where a
   * tensor has had gradients before in the sum, zeros are what updates it.
   * Domain: integers of at least 1. Default: 1. As Keras's `gradient_accumulation_steps` and `optax.MultiSteps`; in PyTorch
   * the caller divides the loss. A float32 number for each parameter (float64 for Float64Array), whatever `stateType`.
   */
  accumulationSteps?: number | undefined;
  /**
   * Sets gradients to 0 when they were used, added to a sum, or skipped; a step that throws leaves them. They may not share
   * memory then. Default: false. As PyTorch's `zero_grad`.
   */
  zeroGradients?: boolean | undefined;
  /** Measures the norms of gradients even if nothing else asks for them: see `StepResult`. Default: false. */
  measureNorms?: boolean | undefined;
}

const specification: Specification<OptimizerWideOptions> = {
  clipGlobalNorm: limit(),
  lossScale: scale(1),
  dynamicLossScale: boolean(false),
  lossScaleGrowthInterval: positiveInteger(2000),
  onNonFinite: oneOf('propagate', 'skip', 'throw'),
  accumulationSteps: positiveInteger(1),
  zeroGradients: boolean(false),
  measureNorms: boolean(false),
};

export const optimizerWideHyperparameters = optimizerWide(specification);

/** Whether a step with gradients that are not finite is not made. */
export function refusesNonFinite(h: Values<OptimizerWideOptions>): boolean {
  return h.onNonFinite !== 'propagate' || h.dynamicLossScale;
}
