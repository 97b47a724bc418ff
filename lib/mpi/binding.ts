import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { firstLine } from '../errors.js';
import { version } from '../version.js';
import { noMpi } from './faults.js';

/** Arrays that ranks calculate with. */
export type FloatArray = Float32Array | Float64Array;
/** Arrays that ranks send as they are. */
export type ByteOrFloatArray = FloatArray | Uint8Array;

/** What all ranks do together, in the order of native/mpi/collectives.h. */
export const kinds = [
  'barrier',
  'allReduce',
  'orderedAllReduce',
  'reduceScatter',
  'allGather',
  'broadcast',
  'exchange',
  'finalize',
] as const;
export type Kind = (typeof kinds)[number];

/** What is made of numbers, in the order of native/mpi/reduction.h. */
export const operations = ['sum', 'mean', 'min', 'max'] as const;

/** Types of arrays, in the order of native/mpi/array.h. */
export const arrayTypes = ['nothing', 'Float32Array', 'Float64Array', 'Uint8Array'] as const;

/**
 * What went wrong: an error of MPI, in its words; no memory (null); or that the ranks do not mean the same, with four numbers
 * for each of them: kind, type of array, length, operation or root.
 */
export type Fault = string | null | Float64Array | undefined;

type Done = (fault: Fault) => void;

/**
 * The functions of the module that speaks MPI. Only lib/mpi/ calls them, and it alone vouches for the arguments. What has a
 * `done` is over when that is called; without, when the function returns.
 */
export interface Binding {
  /** That of the package whose sources the module was built from. */
  version: string;

  /**
   * Starts MPI. Messages have at most `pieceLength` elements.
   *
   * @returns what went wrong, or null if another JavaScript thread of the process has called it before
   */
  init(pieceLength: number): { rank: number; size: number; host: string } | string | null;

  /**
   * @param kind its number
   * @param array null if the kind has none
   * @param counts how many elements of the array are whose part
   * @param option number of the operation, or the root
   */
  collective(
    kind: number,
    array: ByteOrFloatArray | null,
    counts: Float64Array,
    option: number,
    done?: Done,
  ): Fault;

  /** Quadruples: peer, which array, offset, length. */
  exchange(
    arrays: readonly FloatArray[],
    sends: Float64Array,
    receives: Float64Array,
    done: Done,
  ): Fault;

  /** out[i] = (parts[0][i] + parts[1][i] + ...) / parts.length */
  mean(out: FloatArray, parts: readonly FloatArray[]): void;

  /** Ends all ranks. */
  abort(reason: string, code: number): never;

  /** Tells what the process will end with. */
  ending(code: number): void;
}

/** Loads the module that was built in the folder of the package. */
export function loadBinding(folder = join(__dirname, '../..')): Binding {
  const path = join(folder, 'build-mpi/Release/rmsprop-mpi.node');
  if (!existsSync(path)) throw noMpi(`There is no ${path}`);
  let binding: Binding;
  try {
    binding = createRequire(__filename)(path);
  } catch (cause) {
    throw noMpi(`${path} could not be loaded: ${firstLine((cause as Error).message)}`, cause);
  }
  if (binding.version !== version) {
    throw noMpi(`${path} is of version ${binding.version}, the package of ${version}`);
  }
  return binding;
}
