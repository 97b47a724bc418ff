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
export * as schedules from './schedules.js';
export type { SequenceOptions } from './sequence.js';
export type { StepOptions } from './step.js';
export type { WarmUpOptions } from './warm-up.js';
