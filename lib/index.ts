/**
 * Optimizers for neural networks: RMSprop and its relatives, in place on typed arrays, by a native kernel whose bits never
 * depend on the machine.
 *
 * @packageDocumentation
 */

export type { AsyncOptions, AsyncStepOptions } from './async-options.js';
export { type LoadOptions, loadCheckpoint } from './checkpoint/load.js';
export { type SaveOptions, saveCheckpoint } from './checkpoint/save.js';
export type { ExtraTensors } from './checkpoint/tensors.js';
export type { CommonOptions } from './common-options.js';
export type { RowsOptions } from './dense-rows.js';
export type { ErrorCode } from './errors.js';
export type { GradientOptions } from './gradient.js';
export { type JsonLines, jsonLines } from './json-lines.js';
export type { ChartOptions } from './lr-finder/chart.js';
export type { LearningRateCurve, SweepEnd } from './lr-finder/curve.js';
export { type BatchResult, lrFinder } from './lr-finder/lr-finder.js';
export type { LrFinderOptions, LrFinderProgress } from './lr-finder/options.js';
export { type AnyOptimizer, Optimizer, type ParameterGroup } from './optimizer.js';
export type { OptimizerWideOptions } from './optimizer-wide-options.js';
export type { ParameterOptions } from './parameter.js';
export type { Gradients, Group, Params, Strict, TensorName, Tensors } from './params.js';
export { presets } from './presets.js';
export {
  loadPyTorchState,
  type PyTorchOptions,
  savePyTorchState,
} from './pytorch/state-file.js';
export type { TensorReport } from './report.js';
export {
  Adadelta,
  type AdadeltaOptions,
  Adagrad,
  type AdagradOptions,
  Adam,
  Adamax,
  type AdamaxOptions,
  type AdamOptions,
  AdamW,
  type AdamWOptions,
  Lion,
  type LionOptions,
  NAdam,
  type NAdamOptions,
  ProdigyRMSprop,
  type ProdigyRMSpropOptions,
  RMSprop,
  type RMSpropOptions,
  Rprop,
  type RpropOptions,
  ScheduleFreeAdamW,
  type ScheduleFreeAdamWOptions,
  type ScheduleFreeOptions,
  ScheduleFreeRMSprop,
  type ScheduleFreeRMSpropOptions,
  SGD,
  type SGDOptions,
} from './rules/index.js';
export { type Configuration, configure, type Isa, type Runtime, runtime } from './runtime.js';
export type { Progress, TransferOptions } from './safetensors/transfer.js';
export {
  type ConstantOptions,
  type CosineOptions,
  type CosineRestartsOptions,
  type ExponentialOptions,
  type LinearOptions,
  type MultiStepOptions,
  type OneCycleMomentumOptions,
  type OneCycleOptions,
  type PlateauState,
  type PolynomialOptions,
  type ProductOptions,
  type ReduceOnPlateau,
  type ReduceOnPlateauOptions,
  type Schedule,
  Scheduler,
  type SchedulerOptions,
  type SchedulerState,
  type SequenceOptions,
  type StepOptions,
  schedules,
  type WarmUpOptions,
} from './schedules/index.js';
export type { SelectionOptions } from './selection.js';
export type { RowNumbers } from './sparse-rows.js';
export type { StateDict, TensorState } from './state-dict.js';
export type { StepResult } from './step-control.js';
export type { ListenerOptions, StepEvent, StepListener } from './step-listeners.js';
export type { StorageOptions } from './storage.js';
export type { MemoryArray, Tensor } from './tensor.js';
export type { TransformationOptions } from './transformation.js';
