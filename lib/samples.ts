// Sums over a sample of each tensor, the same on every machine. Mirrors native/around.inl.
import { CHUNK, chunksOf, foldLanes, LANES } from './norms.js';
import type { Parameter } from './params.js';
import { lengthOf, memoryOf } from './tensor.js';
import { decoderOf } from './types/codecs.js';

/** Of so many numbers, so many are looked at, the first ones: a run. */
const SPACING = 1024;
const SAMPLE = 16;
const CHUNK_SAMPLE = (CHUNK / SPACING) * SAMPLE;

/** What is summed over the sample of a chunk. */
export const SampleSum = {
  PARAMETER_SQUARES: 0,
  UPDATE_SQUARES: 1,
  DISTANCE_NUMERATOR: 2,
  DISTANCE_DENOMINATOR: 3,
} as const;
export type SampleSum = (typeof SampleSum)[keyof typeof SampleSum];
export const SAMPLE_SUMS = 4;

/** How many numbers the sample of a tensor of this length has. */
export function sampleLength(length: number): number {
  return Math.floor(length / SPACING) * SAMPLE + Math.min(length % SPACING, SAMPLE);
}

/** So many numbers of a tensor have so many of `distanceSample`: two for each of the sample, in whole runs. */
export const distanceRun = { elements: SPACING, numbers: 2 * SAMPLE } as const;

export function distanceSampleLength(length: number): number {
  return Math.ceil(length / distanceRun.elements) * distanceRun.numbers;
}

/** Whether the number at this place belongs to the sample. */
export function isSampled(place: number): boolean {
  return place % SPACING < SAMPLE;
}

/** The sampled numbers of a parameter, from the one element, the first of a chunk, to the other. */
export function sampleOf({ tensor, type }: Parameter, from: number, to: number): Float64Array {
  const memory = memoryOf(tensor, type);
  const decode = decoderOf(type);
  const sample = new Float64Array(sampleLength(to - from));
  let next = 0;
  for (let first = from; first < to; first += SPACING) {
    const end = Math.min(first + SAMPLE, to);
    for (let at = first; at < end; at++) sample[next++] = decode(memory[at] as number);
  }
  return sample;
}

/** Writes two of the sums of each chunk: for each number of the sample, what is given is added. */
export function writeSampleSums(
  length: number,
  sums: Float64Array,
  first: SampleSum,
  termsOf: (i: number) => readonly [number, number],
) {
  const lanes = [new Float64Array(LANES), new Float64Array(LANES)] as const;
  for (let begin = 0, at = first as number; begin < length; begin += CHUNK_SAMPLE) {
    for (let i = begin; i < Math.min(begin + CHUNK_SAMPLE, length); i++) {
      const terms = termsOf(i);
      for (const k of [0, 1] as const) (lanes[k][(i - begin) % LANES] as number) += terms[k];
    }
    for (const k of [0, 1] as const) sums[at + k] = foldLanes(lanes[k]);
    at += SAMPLE_SUMS;
  }
}

/** Writes the sums of squares of the parameters and of their updates, from samples before and after. */
export function writeSizes(before: Float64Array, after: Float64Array, sums: Float64Array) {
  writeSampleSums(after.length, sums, SampleSum.PARAMETER_SQUARES, (i) => {
    const p = after[i] as number;
    const u = p - (before[i] as number);
    return [p * p, u * u];
  });
}

/** The sums over the whole sample of a tensor, from those of its chunks; the same array every time. */
export function sampleSums(sums: Float64Array, firstChunk: number, length: number): Float64Array {
  const end = SAMPLE_SUMS * (firstChunk + chunksOf(length));
  ofTensor.fill(0);
  for (let at = SAMPLE_SUMS * firstChunk; at < end; at += SAMPLE_SUMS) {
    for (let k = 0; k < SAMPLE_SUMS; k++) (ofTensor[k] as number) += sums[at + k] as number;
  }
  return ofTensor;
}

const ofTensor = new Float64Array(SAMPLE_SUMS);

/** The root mean square of a parameter as it is; 0 if it has lost its memory, which is an error of the step. */
export function parameterSize(parameter: Parameter): number {
  const { length } = parameter;
  if (lengthOf(parameter.tensor) !== length) return 0;
  const sample = sampleOf(parameter, 0, length);
  const sums = new Float64Array(SAMPLE_SUMS * chunksOf(length));
  writeSizes(sample, sample, sums);
  const squares = sampleSums(sums, 0, length)[SampleSum.PARAMETER_SQUARES] as number;
  return Math.sqrt(squares / sampleLength(length));
}
