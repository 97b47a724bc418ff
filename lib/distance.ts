// How far the parameters have to go, estimated on the way. Mirrors estimateDistance in native/around.inl.
import type { Arithmetic } from './arithmetic/arithmetic.js';
import type { GradientOptions } from './gradient.js';
import type { Values } from './hyperparameters.js';
import { Rate, type Rates } from './rule.js';
import {
  DISTANCE_RUN,
  SAMPLE_RUN,
  type Sample,
  SampleSum,
  type Spaced,
  writeSampleSums,
} from './samples.js';
import { SIZES, sizeNames } from './sizes.js';
import type { State } from './state.js';

type FloatArray = Float32Array | Float64Array;

/** What the estimate of a tensor goes by. */
export const DistanceNumber = { DECAY: 0, WEIGHT: 1, STARTS: 2 } as const;
export const DISTANCE_NUMBERS = 3;

/** A distance never becomes less than it was: no guess is taken that is larger than this one. */
const LARGEST_GUESS = 1e-3;

/** The largest float32: an infinite weight would make NaN of the zeros behind the end of a tensor. */
const LARGEST_WEIGHT = 3.4028234663852886e38;

/** What the options of a rule that estimates its distance have. */
export type DistanceOptions = GradientOptions & {
  learningRate?: number | undefined;
  scheduleFactor?: number | undefined;
  decay?: number | undefined;
};

/** What the estimate begins with, the least that a group guesses. */
export function firstDistance(groups: readonly { readonly values: Values<object> }[]): number {
  let least = LARGEST_GUESS;
  for (const { values } of groups) {
    least = Math.min(least, (values as Values<DistanceOptions>).learningRate);
  }
  return least;
}

/** Writes the distance that the next step takes. */
export function beginDistance(
  rates: Rates,
  { distance }: State,
  groups: readonly { readonly values: Values<object> }[],
) {
  rates[Rate.DISTANCE] = distance[0] as number;
  if (distance[0] === 0) rates[Rate.DISTANCE] = firstDistance(groups);
}

/** Writes what the next estimate of tensor i goes by. */
export function writeDistance(
  numbers: Float64Array,
  i: number,
  { decay, scheduleFactor, maximize }: Values<DistanceOptions>,
  rates: Rates,
  isFirst: boolean,
) {
  const at = DISTANCE_NUMBERS * i;
  const distance = rates[Rate.DISTANCE];
  const weight = Math.min(distance * distance * scheduleFactor, LARGEST_WEIGHT);
  numbers[at + DistanceNumber.DECAY] = Math.sqrt(decay);
  numbers[at + DistanceNumber.WEIGHT] = weight;
  if (maximize) numbers[at + DistanceNumber.WEIGHT] = -weight;
  numbers[at + DistanceNumber.STARTS] = Number(isFirst);
}

/**
 * Adds a gradient's sample g to the sums q of each number, q = decay * q + weight * g, and writes the sums of g * (x - p) and of
 * |q|, where x is the parameter p as it was before its first update.
 *
 * @param kept distanceSample: the runs of x, each followed by that of q
 */
export function estimateDistance(
  g: Float64Array,
  sample: Sample,
  kept: FloatArray,
  numbers: Float64Array,
  { round, mul, sub, fma }: Arithmetic,
) {
  const [decay, weight, starts] = Array.from(numbers, round) as [number, number, number];
  writeSampleSums(sample, SampleSum.DISTANCE_NUMERATOR, (i) => {
    const x = Math.floor(i / SAMPLE_RUN) * DISTANCE_RUN + (i % SAMPLE_RUN);
    const [gradient, parameter] = [g[i] as number, sample.before[i] as number];
    if (starts) kept[x] = parameter;
    const q = fma(weight, gradient, mul(decay, kept[x + SAMPLE_RUN] as number));
    kept[x + SAMPLE_RUN] = q;
    return [gradient * sub(kept[x] as number, parameter), Math.abs(q)];
  });
}

const NUMERATOR = sizeNames.indexOf('distanceNumerator');
const DENOMINATOR = sizeNames.indexOf('distanceDenominator');

/** Takes over what the sample of tensor i says of a step, for all of its numbers. */
export function takeDistance(
  numbers: Float64Array,
  i: number,
  { length }: Spaced,
  means: Float64Array,
  sizes: Float64Array,
) {
  const before = sizes[SIZES * i + NUMERATOR] as number;
  const decay = numbers[DISTANCE_NUMBERS * i + DistanceNumber.DECAY] as number;
  const weight = numbers[DISTANCE_NUMBERS * i + DistanceNumber.WEIGHT] as number;
  const numerator = length * (means[SampleSum.DISTANCE_NUMERATOR] as number);
  const denominator = length * (means[SampleSum.DISTANCE_DENOMINATOR] as number);
  const next = decay * (Number.isNaN(before) ? 0 : before) + weight * numerator;
  if (!Number.isFinite(next) || !Number.isFinite(denominator)) return;
  sizes[SIZES * i + NUMERATOR] = next;
  sizes[SIZES * i + DENOMINATOR] = denominator;
}

/** The distance as it is after a step that was made with another one: it never becomes less. */
export function advanceDistance({ distance, sizes }: State, rates: Rates) {
  const before = rates[Rate.DISTANCE];
  let numerator = 0;
  let denominator = 0;
  for (let at = 0; at < sizes.length; at += SIZES) {
    if (Number.isNaN(sizes[at + NUMERATOR])) continue;
    numerator += sizes[at + NUMERATOR] as number;
    denominator += sizes[at + DENOMINATOR] as number;
  }
  const found = numerator / denominator;
  const isMore = found > before && found < Number.POSITIVE_INFINITY;
  distance[0] = isMore ? found : before;
}
