/**
 * How a number becomes one of fewer bits: to the nearest, ties to even, or up with the probability that keeps the mean.
 * A rounding is 32 random bits, or `NEAREST`. Mirrors native/types/rounding.h line for line.
 */
export type Rounding = number;
export const NEAREST: Rounding = -1;

/** What to add to the bits of a number before the lowest `count` are dropped. */
export function below(rounding: Rounding, count: number, bits: number): number {
  if (rounding === NEAREST) return 2 ** (count - 1) - 1 + ((bits >>> count) & 1);
  return rounding & (2 ** count - 1);
}

/**
 * Mixes all bits of an integer; the result is a signed one, which V8 need not allocate. Constants: lowbias32 of
 * https://github.com/skeeto/hash-prospector
 */
export function hash(number: number): number {
  let x = number;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/** The key of all random bits of one step: the same seed and step give the same bits. */
export function randomKey(seed: number, step: number): number {
  return hash((hash(seed) ^ hash(Math.floor(step / 2 ** 32))) + (step >>> 0));
}

/** Tensors and streams in them have keys of their own: stream 0 is the parameter, then come the rule's states. */
export function streamKey(key: number, tensor: number, stream: number): number {
  return hash(key + tensor * 8 + stream);
}

/** The random bits of the element at a place in a block. */
export function randomBits(streamKey: number, block: number, place: number): number {
  const counter = hash(streamKey + block) + Math.imul(place, 0x9e3779b1);
  return Math.imul(counter ^ (counter >>> 15), 0x2c1b3c6d) >>> 0;
}

const float = new Float32Array(1);
const integer = new Uint32Array(float.buffer);

/** The bits of a float32 number. */
export function bitsOf(x: number): number {
  float[0] = x;
  return integer[0] as number;
}

/** The float32 number with these bits. */
export function numberOf(bits: number): number {
  integer[0] = bits;
  return float[0] as number;
}
