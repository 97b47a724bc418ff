// Sums over a sample of each tensor, the same on every machine. Mirrors native/around.inl.
import { CHUNK, chunksOf, foldLanes, LANES } from './norms.js';
import type { Parameter } from './params.js';
import { lengthOf, memoryOf } from './tensor.js';
import { decoderOf } from './types/codecs.js';

/** So many numbers of a sample are a run: the first ones of each `spacing` of a tensor. */
export const SAMPLE_RUN = 16;

/** How many numbers a tensor has, and how many of them one run of the sample stands for. */
export interface Spaced {
  readonly length: number;
  readonly spacing: number;
}

/** Up to 511 numbers all, then 16 to 31 runs; one of each chunk where these are more. */
export function spacingOf(wholeLength: number): number {
  let spacing = SAMPLE_RUN;
  while (spacing < CHUNK && wholeLength >= 2 * SAMPLE_RUN * spacing) spacing *= 2;
  return spacing;
}

/** What is summed over the sample of a chunk. */
export const SampleSum = {
  PARAMETER_SQUARES: 0,
  UPDATE_SQUARES: 1,
  DISTANCE_NUMERATOR: 2,
  DISTANCE_DENOMINATOR: 3,
} as const;
export type SampleSum = (typeof SampleSum)[keyof typeof SampleSum];
export const SAMPLE_SUMS = 4;

/** How many numbers the sample has. */
function sampleLength({ length, spacing }: Spaced): number {
  return Math.floor(length / spacing) * SAMPLE_RUN + Math.min(length % spacing, SAMPLE_RUN);
}

/** For each run `distanceSample` has so many numbers: two for each of the sample. */
export const DISTANCE_RUN = 2 * SAMPLE_RUN;

export function distanceSampleLength({ length, spacing }: Spaced): number {
  return Math.ceil(length / spacing) * DISTANCE_RUN;
}

/** Whether the number at this place belongs to the sample. */
export function isSampled(place: number, spacing: number): boolean {
  return place % spacing < SAMPLE_RUN;
}

/** The sampled numbers of a parameter, from the one element, the first of a chunk, to the other. */
export function sampleOf(
  { tensor, type, spacing }: Parameter,
  from: number,
  to: number,
): Float64Array {
  const memory = memoryOf(tensor, type);
  const decode = decoderOf(type);
  const sample = new Float64Array(sampleLength({ length: to - from, spacing }));
  let next = 0;
  for (let first = from; first < to; first += spacing) {
    const end = Math.min(first + SAMPLE_RUN, to);
    for (let at = first; at < end; at++) sample[next++] = decode(memory[at] as number);
  }
  return sample;
}

/** The sample of some elements of a parameter, from the first of a chunk on. */
export interface Sample {
  /** Its numbers before the step. */
  readonly before: Float64Array;
  readonly spacing: number;
  /** The sums of these chunks. */
  readonly sums: Float64Array;
}

/** Writes two of the sums of each chunk: for each number of the sample, what is given is added. */
export function writeSampleSums(
  { before: { length }, spacing, sums }: Sample,
  first: SampleSum,
  termsOf: (i: number) => readonly [number, number],
) {
  const ofChunk = (CHUNK / spacing) * SAMPLE_RUN;
  const lanes = [new Float64Array(LANES), new Float64Array(LANES)] as const;
  for (let begin = 0, at = first as number; begin < length; begin += ofChunk) {
    for (let i = begin; i < Math.min(begin + ofChunk, length); i++) {
      const terms = termsOf(i);
      for (const k of [0, 1] as const) (lanes[k][(i - begin) % LANES] as number) += terms[k];
    }
    for (const k of [0, 1] as const) sums[at + k] = foldLanes(lanes[k]);
    at += SAMPLE_SUMS;
  }
}

/** Writes the sums of squares of the parameters and of their updates, from the sample and its numbers after the step. */
export function writeSizes(sample: Sample, after: Float64Array) {
  writeSampleSums(sample, SampleSum.PARAMETER_SQUARES, (i) => {
    const p = after[i] as number;
    const u = p - (sample.before[i] as number);
    return [p * p, u * u];
  });
}

/** What the sums of a tensor's chunks say of all its numbers, as means; the same array every time. */
export function sampleMeans(sums: Float64Array, firstChunk: number, tensor: Spaced): Float64Array {
  const end = SAMPLE_SUMS * (firstChunk + chunksOf(tensor.length));
  let parameters = 0;
  let updates = 0;
  let numerator = 0;
  let denominator = 0;
  for (let at = SAMPLE_SUMS * firstChunk; at < end; at += SAMPLE_SUMS) {
    parameters += sums[at + SampleSum.PARAMETER_SQUARES] as number;
    updates += sums[at + SampleSum.UPDATE_SQUARES] as number;
    numerator += sums[at + SampleSum.DISTANCE_NUMERATOR] as number;
    denominator += sums[at + SampleSum.DISTANCE_DENOMINATOR] as number;
  }
  const count = sampleLength(tensor);
  means[SampleSum.PARAMETER_SQUARES] = parameters / count;
  means[SampleSum.UPDATE_SQUARES] = updates / count;
  means[SampleSum.DISTANCE_NUMERATOR] = numerator / count;
  means[SampleSum.DISTANCE_DENOMINATOR] = denominator / count;
  return means;
}

const means = new Float64Array(SAMPLE_SUMS);

/** The root mean square of a parameter as it is; 0 if it has lost its memory, which is an error of the step. */
export function parameterSize(parameter: Parameter): number {
  const { length, spacing } = parameter;
  if (lengthOf(parameter.tensor) !== length) return 0;
  const now = sampleOf(parameter, 0, length);
  const sums = new Float64Array(SAMPLE_SUMS * chunksOf(length));
  writeSizes({ before: now, spacing, sums }, now);
  return Math.sqrt(sampleMeans(sums, 0, parameter)[SampleSum.PARAMETER_SQUARES] as number);
}
