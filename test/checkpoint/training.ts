import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { Adam } from '../../lib/index.js';
import { ordinaryValue } from '../bits.js';

/** Some pieces of a file, and a rest. */
const LENGTH = 150_000;
const made = new Map<number, Float32Array>();
export function ordinary(seed: number): Float32Array<ArrayBuffer> {
  const make = () => Float32Array.from({ length: LENGTH }, (_, i) => ordinaryValue(seed, i));
  const known = made.get(seed) ?? make();
  made.set(seed, known);
  return known.slice();
}

export function trained(seed = 1) {
  const w = ordinary(seed);
  const optimizer = new Adam({ w });
  optimizer.step({ w: ordinary(seed + 1) });
  return { w, optimizer };
}

export const snapshot = ({ w, optimizer }: ReturnType<typeof trained>) =>
  structuredClone({ w, state: optimizer.stateDict() });

/** Fails unless two things are the same, bit for bit; for long arrays much faster than what vitest has. */
export function expectSame(actual: unknown, expected: unknown) {
  if (!isDeepStrictEqual(actual, expected)) expect.fail('they differ');
}
