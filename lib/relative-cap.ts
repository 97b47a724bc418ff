import { takeDistance } from './distance.js';
import { failure } from './errors.js';
import type { Hyperparameter, Specification, Values } from './hyperparameters.js';
import type { Parameter } from './params.js';
import { parameterSize, SampleSum, type Spaced, sampleMeans } from './samples.js';
import { SIZES } from './sizes.js';

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
   * Both are measured on a sample: all of up to 511 numbers, 256 to 511 of less than 131,072, and a 256th of more; in float64 and
   * in an order that never changes. Domain: false, true, or a finite number above 0. Default: false. Neither PyTorch nor
   * TensorFlow has it; LARS and LAMB (You et al., arXiv:1708.03888, 1904.00962) make every step as long as such a cap allows.
   */
  relativeCap?: boolean | number | undefined;
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

/** W and M. In an array, as is the cap: what V8 chooses one of two numbers from, it may allocate. */
const measured = new Float64Array(2);

/** Lowers the learning rate of tensor i to what a cap leaves of it, the number in an array of one, Infinity for none. */
export function limitRate(
  rates: Float64Array,
  i: number,
  cap: Float64Array,
  sizes: Float64Array,
  whole: Parameter,
) {
  if (cap[0] === Number.POSITIVE_INFINITY) return;
  measured[0] = sizes[SIZES * i] as number;
  if (Number.isNaN(measured[0])) measured[0] = parameterSize(whole);
  measured[1] = sizes[SIZES * i + 1] as number;
  if (Number.isNaN(measured[1])) measured[1] = 1;
  const most =
    ((cap[0] as number) * Math.max(measured[0], LEAST_PARAMETER)) /
    Math.max(measured[1], LEAST_DIRECTION);
  rates[i] = Math.min(rates[i] as number, most);
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

/** Where the sums of samples lie, and of which tensors they are. */
export interface SampleSums {
  readonly samples: Float64Array;
  /** For each tensor the number of its first chunk. */
  readonly firstChunks: readonly number[];
  readonly tensors: readonly Spaced[];
}

/**
 * Takes over what a step has measured of tensor i, which it has updated at the i-th of these rates. What is not finite is not
 * taken.
 *
 * @param distances what the estimate of a distance goes by; undefined if there is none
 */
export function takeSizes(
  { samples, firstChunks, tensors }: SampleSums,
  i: number,
  rates: Float64Array,
  sizes: Float64Array,
  distances: Float64Array | undefined,
) {
  const tensor = tensors[i] as Spaced;
  if (tensor.length === 0) return;
  const means = sampleMeans(samples, firstChunks[i] as number, tensor);
  const parameter = Math.sqrt(means[SampleSum.PARAMETER_SQUARES] as number);
  const update = Math.sqrt(means[SampleSum.UPDATE_SQUARES] as number);
  const direction = update / (rates[i] as number);
  if (Number.isFinite(parameter)) sizes[SIZES * i] = parameter;
  if (Number.isFinite(direction)) sizes[SIZES * i + 1] = direction;
  if (distances) takeDistance(distances, i, tensor, means, sizes);
}
