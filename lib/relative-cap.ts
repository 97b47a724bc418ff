import { failure } from './errors.js';
import type { Hyperparameter, Specification, Values } from './hyperparameters.js';
import { sizesOf } from './samples.js';

/** What optimizers can do about a learning rate that is too large. */
export interface RelativeCapOptions {
  /**
   * Keeps the step of each tensor in proportion to its size: its learning rate is at most
   *
   *     relativeCap * max(W, 0.02) / max(M, 0.1)
   *
   * where W is the root mean square of its parameters and M that of its updates, divided by the rate they were made with; both
   * of the step before, W of the parameters themselves and M = 1 before the first. A rate that is small enough is left as it is,
   * and gives the bits of an optimizer without a cap. Decoupled weight decay goes by the capped rate. `true` is 0.05, and the
   * constant is narrow: 0.2 is too large for most. A `Scheduler` multiplies the cap by its factor, as it does the rate.
   *
   * Both are measured on a sample, the first 16 of each 256 numbers, in float64 and in an order that never changes. Domain:
   * false, true, or a finite number above 0. Default: false. Neither PyTorch nor TensorFlow has it; LARS and LAMB (You et al.,
   * arXiv:1708.03888, 1904.00962) make every step as long as such a cap allows.
   */
  relativeCap?: boolean | number;
}

const relativeCap: Hyperparameter<boolean | number> = {
  default: false,
  expected: 'false, true or a finite number above 0',
  type: 'boolean or number',
  accepts: (cap) => typeof cap === 'boolean' || (cap > 0 && cap < Number.POSITIVE_INFINITY),
  later: true,
};

export const relativeCapHyperparameters: Specification<RelativeCapOptions> = { relativeCap };

/** The number that `true` stands for. */
export const RELATIVE_CAP = 0.05;

/** Sizes below which a tensor counts as if it were so large: one of zeros must be able to move. */
const LEAST_PARAMETER = 0.02;
const LEAST_DIRECTION = 0.1;

/** The cap of a group as a number; undefined for none. */
export function capOf(h: Values<object>): number | undefined {
  const { relativeCap = false } = h as RelativeCapOptions;
  return typeof relativeCap === 'number' ? relativeCap : relativeCap ? RELATIVE_CAP : undefined;
}

/** What the cap leaves of a learning rate. */
export function cappedRate(rate: number, cap: number, parameter: number, direction: number) {
  const most = (cap * Math.max(parameter, LEAST_PARAMETER)) / Math.max(direction, LEAST_DIRECTION);
  return Math.min(rate, most);
}

/** Throws where what is between rate and update is not the direction. */
export function checkRelativeCap(h: Values<object>, where: string, reason: string | undefined) {
  if (reason === undefined || capOf(h) === undefined) return;
  const expected = `${where}.relativeCap to be false where ${reason}`;
  throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, 'a cap');
}

/** The error for rows of a tensor: a step of some says too little of the tensor's. */
export function rowsWithCap(): Error {
  const expected = 'relativeCap to be false where gradients are those of some rows';
  return failure(RangeError, 'ERR_ROWS_UNSUPPORTED', expected, 'a cap');
}

/** Where the sums of samples lie, and of tensors of which lengths they are. */
export interface SampleSums {
  readonly samples: Float64Array;
  /** For each tensor the number of its first chunk. */
  readonly firstChunks: readonly number[];
  readonly lengths: readonly number[];
}

/** Takes over what a step has measured of tensor i, which it has updated at this rate. What is not finite is not taken. */
export function takeSizes(
  { samples, firstChunks, lengths }: SampleSums,
  i: number,
  rate: number,
  sizes: Float64Array,
) {
  const length = lengths[i] as number;
  if (length === 0) return;
  const { parameter, update } = sizesOf(samples, firstChunks[i] as number, length);
  const direction = update / rate;
  if (Number.isFinite(parameter)) sizes[2 * i] = parameter;
  if (Number.isFinite(direction)) sizes[2 * i + 1] = direction;
}
