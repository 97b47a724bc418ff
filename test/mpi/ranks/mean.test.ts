import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadBinding } from '../../../lib/mpi/binding.js';
import { arrayTypes, bitsOf, dataTypes, ordinaryValue, specialValues } from '../../bits.js';
import { reduce } from '../reduction.js';

const { mean } = loadBinding();

const anyMean = fc.record({
  type: fc.constantFrom(...dataTypes),
  count: fc.integer({ min: 1, max: 70 }),
  length: fc.oneof(fc.nat(40), fc.integer({ min: 500, max: 1100 })),
  seed: fc.nat(),
  special: fc.boolean(),
  inPlace: fc.boolean(),
});

test('means of arrays have the bits of the TypeScript twin', () => {
  fc.assert(
    fc.property(anyMean, ({ type, count, length, seed, special, inPlace }) => {
      const values = specialValues[type];
      const parts = Array.from({ length: count }, (_, k) =>
        new arrayTypes[type](length).map((_, i) =>
          special
            ? (values[(seed + 31 * i + 7 * k * (i % 5)) % values.length] as number)
            : ordinaryValue(seed + k, i),
        ),
      );
      const expected = new arrayTypes[type](length);
      reduce(expected, parts, 'mean');
      const out = inPlace ? (parts[seed % count] as Float64Array) : new arrayTypes[type](length);
      mean(out, parts);
      expect(bitsOf(out).join()).toBe(bitsOf(expected).join());
    }),
    { numRuns: 300 },
  );
});
