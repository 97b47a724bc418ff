import type { MemoryArray } from '../lib/tensor.js';

/** The types of arithmetic, whose arrays hold the numbers themselves. */
export const dataTypes = ['float32', 'float64'] as const;
export type DataType = (typeof dataTypes)[number];
export type Tensor = Float32Array | Float64Array;
export const arrayTypes = { float32: Float32Array, float64: Float64Array } as const;

/** The bits of a tensor, all NaNs alike: their payloads are not promised. */
export function bitsOf(tensor: Tensor): Uint32Array | BigUint64Array {
  const copy = tensor.map((x) => (Number.isNaN(x) ? Number.NaN : x)) as Tensor;
  return tensor instanceof Float32Array
    ? new Uint32Array(copy.buffer)
    : new BigUint64Array(copy.buffer);
}

function bytesOf({ buffer, byteOffset, byteLength }: MemoryArray): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Where two tensors differ first, in words; undefined if they are the same, bit for bit. */
export function difference(actual: MemoryArray, expected: MemoryArray): string | undefined {
  if (actual.length !== expected.length) return `lengths ${actual.length}, ${expected.length}`;
  if (bytesOf(actual).equals(bytesOf(expected))) return undefined;
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) return `[${i}] is ${actual[i]}, not ${expected[i]}`;
  }
  return undefined;
}

/** Numbers on which arithmetic goes wrong first. */
export const specialValues: Record<DataType, readonly number[]> = {
  float32: [
    ...[0, 1, 0.1, 3.0000002, 16777217, 1e-3],
    ...[2 ** -149, 3 * 2 ** -149, 2 ** -126 - 2 ** -149, 2 ** -126, 1e-20],
    ...[1e19, 3.4028234663852886e38, Number.POSITIVE_INFINITY],
  ].flatMap((x) => [x, -x]),
  float64: [
    ...[0, 1, 0.1, 3.0000000000000004, 2 ** 53 + 2, 1e-3],
    ...[2 ** -1074, 3 * 2 ** -1074, 2 ** -1022 - 2 ** -1074, 2 ** -1022, 1e-160],
    ...[1e154, Number.MAX_VALUE, Number.POSITIVE_INFINITY],
  ].flatMap((x) => [x, -x]),
};
for (const list of Object.values(specialValues)) (list as number[]).push(Number.NaN);

/** A 32-bit integer from a number, well mixed: the same numbers everywhere. */
export function hash(n: number): number {
  let x = Math.imul(n ^ (n >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

const halves = Float64Array.from({ length: 16 }, (_, k) => 2 ** -k);

/** Numbers of both signs from about 1e-6 to 1. */
export function ordinaryValue(seed: number, i: number): number {
  const bits = hash(Math.imul(seed, 0x9e3779b1) + i);
  return (((bits >>> 8) - 2 ** 23) / 2 ** 23) * (halves[bits & 15] as number);
}

const known = new Map<number, Float64Array>();

/** The first of these numbers, made once. */
export function ordinaryValues(seed: number, length: number): Float64Array {
  let values = known.get(seed) ?? new Float64Array(0);
  if (values.length < length) {
    values = new Float64Array(length).map((_, i) => ordinaryValue(seed, i));
    known.set(seed, values);
  }
  return values.subarray(0, length);
}

/** A tensor of `length` at `offset` bytes past a multiple of 64, between margins that must stay as they are. */
export function place(
  type: DataType,
  length: number,
  offset: number,
  values: ((i: number) => number) | ArrayLike<number>,
) {
  const size = arrayTypes[type].BYTES_PER_ELEMENT;
  const buffer = new ArrayBuffer(64 + offset + length * size + 64);
  const bytes = new Uint8Array(buffer).fill(0xa5);
  const margins = [bytes.subarray(0, 64 + offset), bytes.subarray(64 + offset + length * size)];
  const tensor = new arrayTypes[type](buffer, 64 + offset, length);
  if (typeof values !== 'function') tensor.set(values);
  else for (let i = 0; i < length; i++) tensor[i] = values(i);
  const marginsIntact = () => margins.every((margin) => margin.every((x) => x === 0xa5));
  return { tensor, marginsIntact };
}
