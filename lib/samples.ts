// Sizes of tensors, measured on a sample of them. Mirrors native/around.inl.
import { CHUNK, chunksOf, foldLanes, LANES } from './norms.js';
import type { Parameter } from './params.js';
import { lengthOf, memoryOf } from './tensor.js';
import { decoderOf } from './types/codecs.js';
import { BLOCK } from './types/uint8.js';

/** So many numbers of each block are looked at, from its first one on. */
const SAMPLE = 16;

/** How many numbers the sample of a tensor of this length has. */
export function sampleLength(length: number): number {
  return Math.floor(length / BLOCK) * SAMPLE + Math.min(length % BLOCK, SAMPLE);
}

/** The sampled numbers of a parameter, from the one element, the first of a chunk, to the other. */
export function sampleOf({ tensor, type }: Parameter, from: number, to: number): Float64Array {
  const memory = memoryOf(tensor, type);
  const decode = decoderOf(type);
  const sample = new Float64Array(sampleLength(to - from));
  let next = 0;
  for (let block = from; block < to; block += BLOCK) {
    const end = Math.min(block + SAMPLE, to);
    for (let at = block; at < end; at++) sample[next++] = decode(memory[at] as number);
  }
  return sample;
}

/** Writes for each chunk the sums of squares of the parameters and of their updates, from samples before and after. */
export function writeSampleSums(before: Float64Array, after: Float64Array, sums: Float64Array) {
  const perChunk = (CHUNK / BLOCK) * SAMPLE;
  for (let first = 0, chunk = 0; first < after.length; first += perChunk, chunk++) {
    const parameters = new Float64Array(LANES);
    const updates = new Float64Array(LANES);
    for (let i = first; i < Math.min(first + perChunk, after.length); i++) {
      const p = after[i] as number;
      const u = p - (before[i] as number);
      (parameters[(i - first) % LANES] as number) += p * p;
      (updates[(i - first) % LANES] as number) += u * u;
    }
    sums[2 * chunk] = foldLanes(parameters);
    sums[2 * chunk + 1] = foldLanes(updates);
  }
}

/** The root mean squares of a tensor's parameters and updates, from the sums of its chunks. */
export function sizesOf(sums: Float64Array, firstChunk: number, length: number) {
  let [parameter, update] = [0, 0];
  for (let chunk = firstChunk; chunk < firstChunk + chunksOf(length); chunk++) {
    parameter += sums[2 * chunk] as number;
    update += sums[2 * chunk + 1] as number;
  }
  const count = sampleLength(length);
  return { parameter: Math.sqrt(parameter / count), update: Math.sqrt(update / count) };
}

/** The root mean square of a parameter as it is; 0 if it has lost its memory, which is an error of the step. */
export function parameterSize(parameter: Parameter): number {
  if (lengthOf(parameter.tensor) !== parameter.length) return 0;
  const sample = sampleOf(parameter, 0, parameter.length);
  const sums = new Float64Array(2 * chunksOf(parameter.length));
  writeSampleSums(sample, sample, sums);
  return sizesOf(sums, 0, parameter.length).parameter;
}
