import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configure, type Isa } from '../lib/index.js';
import { arrayTypes, type DataType, dataTypes, difference, type Tensor } from './bits.js';
import { nativeIsas } from './engines.js';
import { times } from './times.js';
import { optimizers, variants } from './variants.js';

const RUNS = times(150, 4000);

/** Numbers of a type, from all of its bit patterns: fast-check prefers the hard ones. */
const numbers = {
  float32: fc.float(),
  float64: fc.double(),
} satisfies Record<DataType, fc.Arbitrary<number>>;

const tensor = fc.constantFrom(...dataTypes).chain((type) =>
  fc.record({
    type: fc.constant(type),
    offset: fc.nat(7),
    values: fc.array(numbers[type], { maxLength: 70 }),
  }),
);

type Shape = { type: DataType; offset: number; values: readonly number[] };

/** The values repeated or cut to a length, at an offset in elements. */
function fill({ type, offset, values }: Shape, length = values.length): Tensor {
  const Type = arrayTypes[type];
  const array = new Type(new ArrayBuffer((offset + length) * Type.BYTES_PER_ELEMENT));
  const view = array.subarray(offset);
  for (let i = 0; i < length; i++) view[i] = values[i % values.length] ?? 1;
  return view;
}

describe.each(optimizers)('$name', ({ rule, Class }) => {
  test('has the bits of the reference on any tensors, gradients, options and machine', () => {
    const property = fc.property(
      fc.constantFrom(...variants(rule)),
      fc.array(tensor, { minLength: 1, maxLength: 4 }),
      fc.array(fc.array(fc.option(fc.array(fc.double(), { maxLength: 70 }))), { maxLength: 5 }),
      fc.array(fc.float({ min: 0, max: 10, noNaN: true }), { minLength: 5, maxLength: 5 }),
      fc.constantFrom(...nativeIsas),
      fc.integer({ min: 1, max: 4 }),
      (options, shapes, steps, rates, isa, threads) => {
        const train = (on: Isa) => {
          configure({ isa: on, threads });
          const params = shapes.map((shape) => fill(shape));
          const optimizer = new Class(params, options);
          for (const [t, values] of steps.entries()) {
            // One that estimates a distance has to begin with one.
            optimizer.learningRate = (rates[t] as number) || (rule.estimatesDistance ? 1 : 0);
            optimizer.step(
              shapes.map((shape, i) => {
                const own = values[i];
                return own ? fill({ ...shape, values: own }, shape.values.length) : null;
              }),
            );
          }
          const states = optimizer.stateDict().groups.flatMap(({ tensors }) => tensors);
          return [...params, ...states.flatMap(({ state }) => Object.values(state))];
        };
        const expected = train('typescript');
        for (const [k, actual] of train(isa).entries()) {
          expect(difference(actual, expected[k] as Tensor)).toBeUndefined();
        }
      },
    );
    fc.assert(property, { numRuns: RUNS });
  });
});
