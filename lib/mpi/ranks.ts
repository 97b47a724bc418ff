import type { FloatArray } from './binding.js';

/** What a distributed optimizer needs of the ranks: what a `Communicator` has. */
export interface Ranks {
  /** The number of this process, from 0. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /** Gives each rank's part of the array to all; all but this rank's part is written. */
  allGatherAsync(
    array: FloatArray | Uint8Array,
    options?: { counts?: readonly number[] },
  ): Promise<void>;
  /** Gives what the root has to all; the array is written, but on the root. */
  broadcastAsync(array: FloatArray, options?: { root?: number }): Promise<void>;
  /** Sends parts of arrays and receives others, in quadruples: rank, index into arrays, offset, length. All ranks call it. */
  exchange(
    arrays: readonly FloatArray[],
    sends: Float64Array,
    receives: Float64Array,
  ): Promise<void>;
  /** `out[i] = (parts[0][i] + parts[1][i] + ...) / parts.length`; out is written, and may be one of the parts. */
  mean(out: FloatArray, parts: readonly FloatArray[]): void;
}
