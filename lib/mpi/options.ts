import {
  type Hyperparameter,
  integer,
  list,
  oneOf,
  readAllOptions,
  readOptions,
} from '../hyperparameters.js';
import { operations } from './binding.js';

/** How the numbers of all ranks become one. */
export interface ReduceOptions {
  /** The mean is the sum divided by the number of ranks. NaN is no number to compare: what it makes of min and max is not said. */
  operation: 'sum' | 'mean' | 'min' | 'max';
  /**
   * In which order numbers are added. `'any'`: as MPI pleases, in the type of the array; the bits may depend on the MPI library,
   * on the number of ranks, and on where they run. `'fixed'`: in the order of ranks, so that the bits depend on the numbers
   * alone; Float32Array in float64, rounded once, Float64Array with the error of each addition carried along. The mean of equal
   * numbers is that number, unless their float64 sum overflows. Matters to sum and mean only. Default: `'any'`.
   */
  order?: 'any' | 'fixed';
}

/** Whose part of an array is how long. */
export interface CountsOptions {
  /**
   * How many elements are the part of rank 0, 1, ..., one after another: as many integers as there are ranks, which add up to
   * the array's length. Default: parts as equal as can be, of which the first ones have one element more if need be.
   */
  counts?: readonly number[];
}

export interface ReduceScatterOptions extends ReduceOptions, CountsOptions {}

export interface BroadcastOptions {
  /** The rank that has what all are to have. Default: 0. */
  root?: number;
}

const reduce = {
  operation: {
    ...oneOf('sum', 'mean', 'min', 'max'),
    default: undefined as unknown as ReduceOptions['operation'], // must be given
  },
  order: oneOf('any', 'fixed'),
};

/** Parts as equal as can be. */
function evenCounts(length: number, size: number): readonly number[] {
  const least = Math.floor(length / size);
  return Array.from({ length: size }, (_, rank) => least + (rank < length % size ? 1 : 0));
}

function counts(length: number, size: number): Hyperparameter<readonly number[]> {
  const accepts = (counts: readonly number[]) =>
    counts.length === size &&
    counts.every((count) => Number.isSafeInteger(count) && count >= 0) &&
    counts.reduce((sum, count) => sum + count, 0) === length;
  const expected = `a list of ${size} integers of at least 0, one for each rank, that add up to the array's length, ${length}`;
  return list(expected, accepts, evenCounts(length, size));
}

/** What the kernel is told: the number of the operation or the root, and the counts. */
export interface Choice {
  readonly option: number;
  readonly counts: Float64Array;
}

function operationNumber({ operation, order }: Required<ReduceOptions>): number {
  const ordered = order === 'fixed' && (operation === 'sum' || operation === 'mean');
  return operations.indexOf(ordered ? `ordered ${operation}` : operation);
}

export function readReduce(options: unknown, length: number, size: number): Choice {
  const values = readAllOptions<ReduceOptions>(reduce, options, 'options');
  return {
    option: operationNumber(values),
    counts: Float64Array.from(evenCounts(length, size)),
  };
}

export function readReduceScatter(options: unknown, length: number, size: number): Choice {
  const specification = { ...reduce, counts: counts(length, size) };
  const values = readAllOptions<ReduceScatterOptions>(specification, options, 'options');
  return { option: operationNumber(values), counts: Float64Array.from(values.counts) };
}

export function readAllGather(options: unknown, length: number, size: number): Choice {
  const specification = { counts: counts(length, size) };
  const values = readOptions<CountsOptions>(specification, options, 'options');
  return { option: 0, counts: Float64Array.from(values.counts) };
}

export function readBroadcast(options: unknown, size: number): Choice {
  const values = readOptions<BroadcastOptions>({ root: integer(0, size - 1) }, options, 'options');
  return { option: values.root, counts: new Float64Array() };
}
