import { describe, expect, test } from 'vitest';
import { around } from '../around/options.js';
import { engines, nativeIsas } from '../engines.js';
import { possible, type Storage, storagesOf } from '../storages.js';
import { extremes, type Options, optimizers, variants } from '../variants.js';
import { type Case, doubles, expectSame, float32, inParts, run, stored, whole } from './runs.js';

/** Whether an option looks at all gradients first. */
const needsAll = ({ clipGlobalNorm, onNonFinite, dynamicLossScale }: Options) =>
  [clipGlobalNorm, onNonFinite, dynamicLossScale].some((value) => value !== undefined);

function expectParts(given: Case, isas = engines, threads: readonly number[] = [1]) {
  for (const isa of isas) {
    const expected = run(given, whole, isa);
    for (const count of threads) {
      const at = `${JSON.stringify(given.options)}, ${isa}, ${count} threads`;
      expectSame(run(given, inParts, isa, count), expected, at);
    }
  }
}

const lengths = [5, 37, 0, 300];

describe.each(optimizers)(
  '$name: a step made tensor by tensor has the bits of a whole one',
  ({ rule, Class }) => {
    test('in every variant', () => {
      for (const options of variants(rule)) {
        expectParts({ Class, options, lengths: [5, 0, 37], tensor: stored(float32), steps: 3 });
      }
    });

    test('with float64', () => {
      for (const options of extremes(rule)) {
        expectParts({ Class, options, lengths, tensor: doubles, steps: 4 }, nativeIsas);
      }
    });

    test.each(storagesOf(rule))(
      'stored as $dtype, $stateType, master copy $masterCopy',
      (storage) => {
        for (const own of extremes(rule, (variant) => possible(variant, storage)).slice(-1)) {
          const options = { ...own, ...storage, seed: 3 };
          expectParts({ Class, options, lengths, tensor: stored(storage), steps: 3 });
        }
      },
    );
  },
);

// What happens around a step knows nothing of rules.
const [{ rule, Class } = { rule: undefined as never, Class: undefined as never }] = optimizers;
const mixed: Storage = { dtype: 'bfloat16', stateType: 'uint8', masterCopy: true };
const kinds = [
  { kind: 'float32', storage: {}, tensor: stored(float32) },
  { kind: 'float64', storage: {}, tensor: doubles },
  { kind: 'mixed storage', storage: mixed, tensor: stored(mixed) },
];
describe.each(kinds)('$kind', ({ storage, tensor }) => {
  test.each(around)('around it: %o', (own) => {
    for (const variant of extremes(rule, (options) =>
      possible(options, { ...float32, ...storage }),
    )) {
      const options = { ...variant, ...own, ...storage };
      const given = { Class, options, lengths, tensor, steps: 4 };
      if (needsAll(own)) {
        expect(() => run(given, inParts, 'typescript')).toThrow(
          expect.objectContaining({ code: 'ERR_NEEDS_WHOLE_STEP' }),
        );
      } else {
        expectParts(given);
      }
    }
  });
});

test('on many threads', () => {
  const options = { clipNorm: 0.5, averageDecay: 0.9 };
  const tensor = stored(float32);
  expectParts(
    { Class, options, lengths: [300_007, 5, 280_011], tensor, steps: 3 },
    nativeIsas,
    [2, 3],
  );
});
