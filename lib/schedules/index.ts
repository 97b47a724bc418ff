import { constant } from './constant.js';
import { cosine } from './cosine.js';
import { cosineRestarts } from './cosine-restarts.js';
import { exponential } from './exponential.js';
import { linear } from './linear.js';
import { multiStep } from './multi-step.js';
import { oneCycle, oneCycleMomentum } from './one-cycle.js';
import { polynomial } from './polynomial.js';
import { product } from './product.js';
import { reduceOnPlateau } from './reduce-on-plateau.js';
import { sequence } from './sequence.js';
import { step } from './step.js';
import { warmUp } from './warm-up.js';

export type { ConstantOptions } from './constant.js';
export type { CosineOptions } from './cosine.js';
export type { CosineRestartsOptions } from './cosine-restarts.js';
export type { ExponentialOptions } from './exponential.js';
export type { LinearOptions } from './linear.js';
export type { MultiStepOptions } from './multi-step.js';
export type { OneCycleMomentumOptions, OneCycleOptions } from './one-cycle.js';
export type { PolynomialOptions } from './polynomial.js';
export type { ProductOptions } from './product.js';
export type {
  PlateauState,
  ReduceOnPlateau,
  ReduceOnPlateauOptions,
} from './reduce-on-plateau.js';
export type { Schedule } from './schedule.js';
export { Scheduler, type SchedulerOptions, type SchedulerState } from './scheduler.js';
export type { SequenceOptions } from './sequence.js';
export type { StepOptions } from './step.js';
export type { WarmUpOptions } from './warm-up.js';

/**
 * Schedules: functions from the count of steps made to the factor of the base rate, for {@link Scheduler}. They are plain
 * functions, and can be called, plotted and combined as such; only `reduceOnPlateau` needs a metric as well.
 *
 * optax' schedules are such functions, too, but give rates.
 *
 * All are closed forms in operations that are rounded alike everywhere: neither Math.cos nor Math.pow is among them. Where a
 * schedule names one of torch.optim.lr_scheduler as its source, the rates are equal to 12 digits (near 0 to 1e-15 of the base
 * rate), and not to the bit: PyTorch's go on from the last rate, and their rounding errors add up.
 */
export const schedules = Object.freeze({
  constant,
  linear,
  step,
  multiStep,
  exponential,
  polynomial,
  cosine,
  cosineRestarts,
  oneCycle,
  oneCycleMomentum,
  reduceOnPlateau,
  warmUp,
  sequence,
  product,
});
