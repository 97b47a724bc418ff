import { describe, expect, test } from 'vitest';
import { RMSprop } from '../lib/index.js';
import { bfloat16 } from '../lib/types/bfloat16.js';
import { NEAREST } from '../lib/types/rounding.js';
import { BLOCK, UInt8 } from '../lib/types/uint8.js';
import { hash } from './bits.js';

/** What rounding to the nearest would make of a number: what the package does not do, and why. */
const nearest = (x: number) => bfloat16.decode(bfloat16.encode(Math.fround(x), NEAREST));

/** Random rounding goes up or down by at most this part of a number. */
const types = [
  { stateType: 'float32', step: 2 ** -23 },
  { stateType: 'bfloat16', step: 2 ** -7 },
  { stateType: 'uint8', step: 2 ** -4 },
] as const;

const decay = 0.999;
const count = 10_000;

describe('an average of squares with a long memory', () => {
  // From 1 down to the square of a gradient that is always 0.1.
  const g = 0.1;
  const exact = (t: number) => g ** 2 + (1 - g ** 2) * decay ** t;

  test('would never move if it were rounded to the nearest', () => {
    // A step changes it by a thousandth; half of the distance to the next number is four.
    let v = 1;
    for (let t = 0; t < count; t++) v = nearest(decay * v + (1 - decay) * g ** 2);
    expect(v).toBe(1);
    expect(exact(count)).toBeLessThan(0.0101);
  });

  test.each(types)('of type $stateType has the mean of the exact one', ({ stateType, step }) => {
    const length = 2 ** 12;
    const options = { stateType, decay, initialSquareAverage: 1, learningRate: 0 } as const;
    const optimizer = new RMSprop(new Float32Array(length), options);
    const gradient = new Float32Array(length).fill(g);
    // A rounding keeps the mean; its variance is at most a quarter of the squared step, and decays like the average.
    let variance = 0;
    for (let t = 1; t <= count; t++) {
      optimizer.step(gradient);
      variance = decay ** 2 * variance + (step / 2) ** 2 * (variance + exact(t) ** 2);
      if (![1, 10, 100, 1000, count].includes(t)) continue;
      const { squareAverage, squareAverageScale } =
        optimizer.stateDict().groups[0]?.tensors[0]?.state ?? {};
      const numbers = Array.from(squareAverage as ArrayLike<number>, (x, i) => {
        if (stateType === 'float32') return x;
        if (stateType === 'bfloat16') return bfloat16.decode(x);
        return new UInt8(false).decode(x, squareAverageScale?.[Math.floor(i / BLOCK)] as number);
      });
      const mean = numbers.reduce((sum, x) => sum + x, 0) / length;
      // Five deviations of the mean of so many, and the roundings of float32 arithmetic.
      const bound = 5 * Math.sqrt(variance / length) + exact(t) * 1e-4;
      expect(Math.abs(mean - exact(t)), `after ${t} steps`).toBeLessThan(bound);
    }
  });
});

describe('ten thousand steps down a bowl', () => {
  const length = 2 ** 10;
  /** How steep it is in each direction. */
  const slope = Float32Array.from({ length }, (_, i) => 0.1 + (0.9 * hash(i)) / 2 ** 32);
  const loss = (w: ArrayLike<number>) =>
    slope.reduce((sum, a, i) => sum + (a * (w[i] as number) ** 2) / 2, 0);
  const start = new Float32Array(length).fill(1);
  /** By how many powers of e the loss fell. */
  const progress = (w: ArrayLike<number>) => Math.log(loss(start) / loss(w));
  // The average starts far above all squares, as after a bad start: steps are short until it has come down.
  const options = { decay, initialSquareAverage: 100, learningRate: 1e-4 } as const;

  function descend(stateType: (typeof types)[number]['stateType'], seed: number) {
    const w = start.slice();
    const optimizer = new RMSprop(w, { ...options, stateType, seed });
    const gradient = new Float32Array(length);
    for (let t = 0; t < count; t++) {
      for (let i = 0; i < length; i++) gradient[i] = (slope[i] as number) * (w[i] as number);
      optimizer.step(gradient);
    }
    return progress(w);
  }
  const expected = descend('float32', 0);

  test('would take a tenth of the way if averages were rounded to the nearest', () => {
    const w = start.slice();
    const v = new Float32Array(length).fill(100);
    for (let t = 0; t < count; t++) {
      for (let i = 0; i < length; i++) {
        const g = (slope[i] as number) * (w[i] as number);
        v[i] = nearest(decay * (v[i] as number) + (1 - decay) * g ** 2);
        (w[i] as number) -= (options.learningRate * g) / Math.sqrt((v[i] as number) + 1e-7);
      }
    }
    expect(v.every((x) => x === 100)).toBe(true);
    expect(progress(w)).toBeLessThan(expected / 10);
  });

  // A step divides by the root of the average, and what it divides by is on the mean too small by 3/8 of the average's
  // relative variance. While the average falls, every step adds to that the variance of a rounding, which is less than the
  // length of the change, 1 - decay, times that of a step of the type.
  test.each(types.slice(1))(
    'gets as far with averages of $stateType as with float32',
    ({ stateType, step }) => {
      const most = (3 / 8) * count * (1 - decay) * step;
      for (const seed of [1, 2, 3]) {
        expect(Math.abs(descend(stateType, seed) / expected - 1)).toBeLessThan(most);
      }
    },
  );
});
