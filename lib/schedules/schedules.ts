/**
 * Schedules: functions from the count of steps made to the factor of the base rate, for {@link Scheduler}. They are plain
 * functions, and can be called, plotted and combined as such; only `reduceOnPlateau` needs a metric as well.
 *
 * optax' schedules are such functions, too, but give rates.
 *
 * All are closed forms in operations that are rounded alike everywhere: neither Math.cos nor Math.pow is among them. Where a
 * schedule names one of torch.optim.lr_scheduler as its source, the rates are equal to 12 digits (near 0 to 1e-15 of the base
 * rate), and not to the bit: PyTorch's go on from the last rate, and their rounding errors add up.
 *
 * @module
 */

export { constant } from './constant.js';
export { cosine } from './cosine.js';
export { cosineRestarts } from './cosine-restarts.js';
export { exponential } from './exponential.js';
export { linear } from './linear.js';
export { multiStep } from './multi-step.js';
export { oneCycle, oneCycleMomentum } from './one-cycle.js';
export { polynomial } from './polynomial.js';
export { product } from './product.js';
export { reduceOnPlateau } from './reduce-on-plateau.js';
export { sequence } from './sequence.js';
export { step } from './step.js';
export { warmUp } from './warm-up.js';
