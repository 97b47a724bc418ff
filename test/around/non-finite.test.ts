import { describe, expect, test } from 'vitest';
import { configure } from '../../lib/index.js';
import { type DataType, dataTypes, ordinaryValue, place, type Tensor } from '../bits.js';
import { engines } from '../engines.js';
import { storages, tensorOf } from '../storages.js';
import { type AnyOptimizer, extremes, type Options, optimizers } from '../variants.js';

const lengths = [5, 300];

/** All that a step could change, to be compared; how many good steps came before is 0, if it is to be left out. */
function allOf(
  tensors: readonly unknown[],
  optimizer: AnyOptimizer,
  counts?: 'without good steps',
): string {
  const state = optimizer.stateDict();
  if (counts) state.counters.goodSteps = 0;
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('latin1');
  return JSON.stringify({ tensors, state }, (_, value) => {
    if (ArrayBuffer.isView(value)) return bytes(value);
    return typeof value === 'number' ? `${value}` : value;
  });
}

interface Refused {
  does: string;
  options: Options;
  /** What one number of the gradients is. */
  value: number;
  /** How many good calls come before. */
  before: number;
}

const refused: Refused[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].flatMap((value) => [
    { does: `${value}`, options: {}, value, before: 1 },
    { does: `${value}, in the first step`, options: {}, value, before: 0 },
    { does: `${value}, where numbers are clipped`, options: { clipValue: 1 }, value, before: 1 },
    { does: `${value}, where norms are clipped`, options: { clipNorm: 1 }, value, before: 1 },
    {
      does: `${value}, in the middle of a sum`,
      options: { accumulationSteps: 3, clipGlobalNorm: 1 },
      value,
      before: 1,
    },
    {
      does: `${value}, at the end of a sum`,
      options: { accumulationSteps: 3, clipValue: 1, averageDecay: 0.9 },
      value,
      before: 2,
    },
  ]),
  { does: 'a number too large', options: { lossScale: 2 ** -100 }, value: 1e30, before: 1 },
  {
    does: 'a sum too large',
    options: { accumulationSteps: 2, lossScale: 2 ** -126 },
    value: 4,
    before: 1,
  },
];

/** A number that is finite in float32 and is too large after it was unscaled is not so in float64. */
const worksIn = (type: DataType, { value }: Refused) =>
  type === 'float32' || !Number.isFinite(value) || Number.isNaN(value);

describe.each(engines)('on %s', (isa) => {
  for (const [i, { name, Class, rule }] of optimizers.entries()) {
    // What refuses knows nothing of rules: one has the whole table, the others a part.
    const table = i === 0 ? refused : ([refused[2], refused.at(-3)] as Refused[]);
    for (const type of i === 0 ? dataTypes : (['float32'] as const)) {
      test.each(table.filter((given) => worksIn(type, given)))(
        `${name}, ${type}: $does is skipped, or thrown for, and changes nothing`,
        async ({ options, value, before }) => {
          configure({ isa });
          const fill = (seed: number) =>
            lengths.map((n, k) => place(type, n, 8, (i) => ordinaryValue(seed + k, i)).tensor);
          const ways = [
            { onNonFinite: 'skip' },
            { dynamicLossScale: true },
            { onNonFinite: 'throw' },
          ];
          for (const way of ways) {
            const params = fill(1);
            const own = { ...extremes(rule).at(-1), ...options, ...way };
            const optimizer = new Class(params, own);
            const large = fill(9).map((g) => g.map(() => 3e38 * 2 ** -126)) as Tensor[];
            for (let t = 0; t < before; t++) optimizer.step(value === 4 ? large : fill(5 + t));
            const gradients = fill(20);
            (gradients[1] as Tensor)[299] = value;
            for (const wait of [false, true]) {
              const dynamic = 'dynamicLossScale' in way ? 'without good steps' : undefined;
              const { lossScale: scale } = optimizer;
              const old = allOf([...params, ...gradients], optimizer, dynamic);
              const step = async () =>
                wait ? optimizer.stepAsync(gradients) : optimizer.step(gradients);
              if ('onNonFinite' in way && way.onNonFinite === 'throw') {
                await expect(step()).rejects.toMatchObject({
                  name: 'RangeError',
                  code: 'ERR_GRADIENT_NOT_FINITE',
                  message:
                    'Expected grads[1] to hold finite numbers, but received one that is infinite or NaN',
                });
              } else {
                const result = await step();
                expect(result.updated).toBe(false);
                expect(result.gradientNorm).toBeNaN();
                expect(result.gradientNorms?.[0]).toBeGreaterThan(0);
                expect(result.gradientNorms?.[1]).toBeNaN();
              }
              if (dynamic) {
                const { lossScale } = optimizer;
                expect(lossScale).toBe(Math.max(scale / 2, Math.min(scale, 1)));
                expect(optimizer.stateDict().counters.goodSteps).toBe(0);
                optimizer.lossScale = scale;
              }
              expect(allOf([...params, ...gradients], optimizer, dynamic) === old).toBe(true);
            }
          }
        },
      );
    }
  }

  test.each(storages.filter(({ dtype }) => dtype !== 'array'))(
    'in $dtype, $stateType, master copy $masterCopy',
    (storage) => {
      configure({ isa });
      const { Class } = optimizers[0] as (typeof optimizers)[0];
      const tensor = (seed: number) => tensorOf(storage, 300, (i) => ordinaryValue(seed, i));
      const params = [tensor(1)];
      const optimizer = new Class(params, {
        ...storage,
        onNonFinite: 'skip',
        accumulationSteps: 2,
      });
      for (let t = 0; t < 3; t++) optimizer.step([tensor(2 + t)]);
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const gradients = [tensorOf(storage, 300, (i) => (i === 299 ? value : 1))];
        const old = allOf([...params, ...gradients], optimizer);
        expect(optimizer.step(gradients).updated).toBe(false);
        expect(allOf([...params, ...gradients], optimizer) === old).toBe(true);
      }
    },
  );

  test.each(dataTypes)(
    '%s: where infinite gradients propagate, clipping by value makes them finite',
    (type) => {
      configure({ isa });
      const { Class } = optimizers[1] as (typeof optimizers)[0];
      const w = place(type, 2, 0, () => 0).tensor;
      const optimizer = new Class([w], { learningRate: 1, clipValue: 3, clipNorm: 2.5 });
      const [infinity, four] = [Number.POSITIVE_INFINITY, 4];
      const g = place(type, 2, 0, (i) => [infinity, four][i] as number).tensor;
      expect(optimizer.step([g]).gradientNorm).toBe(Math.sqrt(18));
      const multiplied = Number(
        type === 'float32' ? Math.fround(2.5 / Math.sqrt(18)) : 2.5 / Math.sqrt(18),
      );
      const round = type === 'float32' ? Math.fround : (x: number) => x;
      expect([...w]).toEqual([-round(3 * multiplied), -round(3 * multiplied)]);
    },
  );

  test('a NaN that propagates makes all NaN that is clipped by its norm', () => {
    configure({ isa });
    const { Class } = optimizers[1] as (typeof optimizers)[0];
    const run = (options: Options) => {
      const params = [Float32Array.of(0, 0), Float32Array.of(0)];
      const optimizer = new Class(params, { learningRate: 1, ...options });
      optimizer.step([Float32Array.of(Number.NaN, 1), Float32Array.of(1)]);
      return params.map((p) => [...p]);
    };
    expect(run({})).toEqual([[Number.NaN, -1], [-1]]);
    expect(run({ clipNorm: 2 })).toEqual([[Number.NaN, Number.NaN], [-1]]);
    expect(run({ clipGlobalNorm: 2 })).toEqual([[Number.NaN, Number.NaN], [Number.NaN]]);
  });
});

describe.each(engines)('on %s, gradients are set to 0', (isa) => {
  const steps: [string, Options, number[], number[]][] = [
    ['when they are used', {}, [1, 2], [0, 0]],
    ['when they are added to a sum', { accumulationSteps: 2 }, [1, 2], [0, 0]],
    ['when they are skipped', { onNonFinite: 'skip' }, [1, Number.NaN], [0, 0]],
    ['when they halve the scale', { dynamicLossScale: true }, [1, Number.NaN], [0, 0]],
  ];
  test.each(steps)('%s', (_, options, given, left) => {
    configure({ isa });
    const { Class } = optimizers[0] as (typeof optimizers)[0];
    const optimizer = new Class([Float32Array.of(1, 1), Float32Array.of(1)], {
      zeroGradients: true,
      ...options,
    });
    const gradients = [Float32Array.from(given), Float32Array.of(3)];
    optimizer.step(gradients);
    expect(gradients.map((g) => [...g])).toEqual([left, [0]]);
    const others = [null, Float32Array.of(3)];
    optimizer.step(others);
    expect(others).toEqual([null, Float32Array.of(0)]);
  });

  test('not by a step that throws for them', () => {
    configure({ isa });
    const { Class } = optimizers[0] as (typeof optimizers)[0];
    const options = { zeroGradients: true, onNonFinite: 'throw' };
    const optimizer = new Class([Float32Array.of(1, 1)], options);
    const gradient = Float32Array.of(1, Number.NaN);
    expect(() => optimizer.step([gradient])).toThrow(RangeError);
    expect([...gradient]).toEqual([1, Number.NaN]);
  });
});
