import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reduce } from './reduction.js';

const numbers = { float32: Float32Array, float64: Float64Array } as const;
const finite = (largest: number) => fc.double({ noNaN: true, min: -largest, max: largest });

test.each([
  ['float32', 3e38],
  ['float64', 1e300],
] as const)('the mean of equal %s numbers is that number, however many', (type, largest) => {
  const View = numbers[type];
  fc.assert(
    fc.property(finite(largest), fc.integer({ min: 1, max: 300 }), (x, count) => {
      const part = View.of(x);
      const out = new View(1);
      reduce(out, Array(count).fill(part), 'mean');
      expect(out).toEqual(part);
    }),
  );
});

test('a sum of float64 is right where plain additions are not', () => {
  const out = new Float64Array(1);
  reduce(
    out,
    [1, 1e16, -1e16].map((x) => Float64Array.of(x)),
    'sum',
  );
  expect(out[0]).toBe(1);
});
