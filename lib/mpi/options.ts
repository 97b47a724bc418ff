import {
  type Hyperparameter,
  integer,
  list,
  oneOf,
  readAllOptions,
  readOptions,
  type Specification,
} from '../hyperparameters.js';
import { type Kind, operations } from './binding.js';

/** Whose part of an array is how long. */
export interface CountsOptions {
  /**
   * How many elements are the part of rank 0, 1, ..., one after another: as many integers as there are ranks, which add up to
   * the array's length. Default: parts as equal as can be, of which the first ones have one element more if need be.
   */
  counts?: readonly number[] | undefined;
}

/** How the numbers of all ranks become one. */
export interface ReduceOptions {
  /** The mean is the sum divided by the number of ranks. What min and max are if there is a NaN is not said. */
  operation: 'sum' | 'mean' | 'min' | 'max';
}

export interface ReduceScatterOptions extends ReduceOptions, CountsOptions {}

export interface AllReduceOptions extends ReduceOptions {
  /**
   * In which order numbers are added. `'any'`: by MPI_Allreduce, in the type of the array; the bits may depend on the MPI library
   * and on where ranks run. `'fixed'`: in the order of ranks, so that the bits depend on the numbers alone. Default: `'any'`.
   */
  order?: 'any' | 'fixed' | undefined;
}

/** Who gives. */
export interface BroadcastOptions {
  /** The rank that has what all are to have. Default: 0. */
  root?: number | undefined;
}

/** Parts as equal as can be. */
function evenCounts(length: number, size: number): readonly number[] {
  const least = Math.floor(length / size);
  return Array.from({ length: size }, (_, rank) => least + (rank < length % size ? 1 : 0));
}

function countsOf(length: number, size: number): Hyperparameter<readonly number[]> {
  const isCount = (count: number) => Number.isSafeInteger(count) && count >= 0;
  const fit = (counts: readonly number[]) =>
    counts.length === size && counts.reduce((sum, count) => sum + count, 0) === length;
  const expected = `a list of ${size} integers of at least 0, one for each rank, that add up to the array's length, ${length}`;
  return list(expected, isCount, evenCounts(length, size), fit);
}

const reduce: Specification<ReduceOptions> = {
  operation: {
    ...oneOf('sum', 'mean', 'min', 'max'),
    default: undefined as unknown as ReduceOptions['operation'], // must be given
  },
};

/** What the native module is told: what to do, the number of the operation or the root, and whose part is how long. */
export interface Choice {
  readonly kind: Kind;
  readonly option: number;
  readonly counts: readonly number[];
}

export function readAllReduce(options: unknown, length: number, size: number): Choice {
  const specification = { ...reduce, order: oneOf('any', 'fixed') };
  const { operation, order } = readAllOptions<AllReduceOptions>(specification, options, 'options');
  return {
    kind: order === 'any' ? 'allReduce' : 'orderedAllReduce',
    option: operations.indexOf(operation),
    counts: evenCounts(length, size),
  };
}

export function readReduceScatter(options: unknown, length: number, size: number): Choice {
  const specification = { ...reduce, counts: countsOf(length, size) };
  const { operation, counts } = readAllOptions<ReduceScatterOptions>(
    specification,
    options,
    'options',
  );
  return { kind: 'reduceScatter', option: operations.indexOf(operation), counts };
}

export function readAllGather(options: unknown, length: number, size: number): Choice {
  const specification = { counts: countsOf(length, size) };
  const { counts } = readOptions<CountsOptions>(specification, options, 'options');
  return { kind: 'allGather', option: 0, counts };
}

export function readBroadcast(options: unknown, size: number): Choice {
  const specification = { root: integer(0, size - 1) };
  const { root } = readOptions<BroadcastOptions>(specification, options, 'options');
  return { kind: 'broadcast', option: root, counts: [] };
}
