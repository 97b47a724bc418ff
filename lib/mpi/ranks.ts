import type { FloatArray } from './binding.js';

/** What a distributed optimizer needs of the ranks: what a `Communicator` has. */
export interface Ranks {
  readonly rank: number;
  readonly size: number;
  allGatherAsync(
    array: FloatArray | Uint8Array,
    options?: { counts?: readonly number[] },
  ): Promise<void>;
  broadcastAsync(array: FloatArray, options?: { root?: number }): Promise<void>;
  exchange(
    arrays: readonly FloatArray[],
    sends: Float64Array,
    receives: Float64Array,
  ): Promise<void>;
  mean(out: FloatArray, parts: readonly FloatArray[]): void;
}
