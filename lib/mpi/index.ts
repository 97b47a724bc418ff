/**
 * Ranks of one training, on one machine or many, by MPI.
 *
 * @packageDocumentation
 */
export type { ByteOrFloatArray, FloatArray } from './binding.js';
export { Communicator } from './communicator.js';
export {
  DistributedOptimizer,
  type DistributionOptions,
  type ShardMemory,
} from './distributed-optimizer.js';
export { init } from './init.js';
export type {
  AllReduceOptions,
  BroadcastOptions,
  CountsOptions,
  ReduceOptions,
  ReduceScatterOptions,
} from './options.js';
export type { OptimizerClass } from './parts.js';
export type { Ranks } from './ranks.js';
