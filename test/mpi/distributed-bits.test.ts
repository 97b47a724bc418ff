import { afterAll, describe, expect, test } from 'vitest';
import { configure, runtime } from '../../lib/index.js';
import { difference } from '../bits.js';
import { engines } from '../engines.js';
import { extremes, type Options, optimizers } from '../variants.js';
import { distribute, type FloatTensor, onRanks, tensors } from './model.js';

const { isa } = runtime();
afterAll(() => configure({ isa }));

const STEPS = 6;

/** What needs all gradients, or numbers of the whole tensor, beside a rule with all its states. */
const around: Options[] = [
  { clipGlobalNorm: 3 },
  { clipNorm: 2, clipGlobalNorm: 3, clipValue: 0.5 },
  { onNonFinite: 'skip', accumulationSteps: 2 },
  { dynamicLossScale: true, lossScale: 4, lossScaleGrowthInterval: 2 },
  { averageDecay: 0.9, lowerBound: -0.5, measureNorms: true },
  { frozen: ['0'], weightDecayExclude: ['3'], weightDecay: 0.1 },
  { accumulationSteps: 3, zeroGradients: true },
];

const storages: Options[] = [{ stateType: 'uint8' }, { stateType: 'bfloat16', clipGlobalNorm: 3 }];

const adam = optimizers.find(({ name }) => name === 'Adam') as (typeof optimizers)[number];
const scheduleFree = optimizers.find(({ rule }) => rule.average) as typeof adam;
const cases = [
  ...optimizers.flatMap(({ name, rule, Class }) =>
    extremes(rule).map((options) => ({ name, Class, options })),
  ),
  ...[...around, ...storages].map((options) => ({ name: 'Adam', Class: adam.Class, options })),
];

/** Gradients of a step, the same on all ranks: one has a NaN, another leaves a tensor alone. */
function gradientsOf(step: number, options: Options) {
  const gradients: (FloatTensor | null)[] = tensors(10 + step, options);
  if (step === 3) (gradients[3] as FloatTensor)[12000] = Number.NaN;
  if (step === 4) gradients[0] = null;
  return gradients;
}

describe.each(engines)('%s', (engine) => {
  const sizes = engine === 'typescript' ? [3] : [1, 2, 3, 4, 9];

  test.each(cases)(
    '$name $options: any number of ranks has the bits of one process',
    async ({ Class, options }) => {
      configure({ isa: engine });
      const expected = tensors(1, options);
      const single = new Class(expected, options);
      const results = [];
      for (let step = 0; step < STEPS; step++) {
        const { report, ...result } = single.step(gradientsOf(step, options));
        results.push({ ...result, gradientNorms: result.gradientNorms?.slice() });
      }
      for (const size of sizes) {
        const ranks = await onRanks(size, async (comm) => {
          const params = tensors(comm.rank === 0 ? 1 : 2, options); // those of rank 0 count
          const distributed = await distribute(Class, params, options, comm);
          const made = [];
          for (let step = 0; step < STEPS; step++) {
            const gradients = gradientsOf(step, options);
            const { report, ...result } = await distributed.step(gradients);
            made.push(result);
            if (!options.zeroGradients || gradients[0] === null) continue;
            expect(gradients[0]?.every((g) => g === 0)).toBe(true);
          }
          return { params, made, lossScale: distributed.optimizer.lossScale };
        });
        for (const { params, made, lossScale } of ranks) {
          expect(made).toEqual(results);
          expect(lossScale).toBe(single.lossScale);
          for (const [i, tensor] of expected.entries()) {
            expect(difference(params[i] as never, tensor)).toBeUndefined();
          }
        }
      }
    },
  );
});

test('gradients that differ between ranks are averaged in their order', async () => {
  const size = 3;
  const make = (seed: number) => tensors(seed).filter((tensor) => tensor instanceof Float32Array);
  const gradients = [20, 21, 22].map(make);
  const mean = make(0).map((tensor, t) =>
    tensor.map((_, i) => gradients.reduce((sum, of) => sum + (of[t]?.[i] as number), 0) / size),
  );
  const expected = make(1);
  new adam.Class(expected, {}).step(mean);
  const ranks = await onRanks(size, async (comm) => {
    const params = make(comm.rank + 1);
    const distributed = await distribute(adam.Class, params, {}, comm);
    await distributed.step(gradients[comm.rank]);
    return params;
  });
  for (const params of ranks) {
    for (const [i, tensor] of expected.entries()) {
      expect(difference(params[i] as never, tensor)).toBeUndefined();
    }
  }
});

test.each([
  { of: 'averageDecay', Class: adam.Class, options: { averageDecay: 0.5 } },
  { of: 'the rule', Class: scheduleFree.Class, options: {} },
])(
  'averages of $of are swapped in and out on all ranks, and listeners hear of steps',
  async ({ Class, options }) => {
    const expected = tensors(1);
    const single = new Class(expected, options);
    for (let step = 0; step < 3; step++) single.step(tensors(10 + step));
    const trained = expected.map((tensor) => tensor.slice());
    single.swapInAverages();
    await onRanks(3, async (comm) => {
      const params = tensors(1);
      const distributed = await distribute(Class, params, options, comm);
      const heard: number[] = [];
      distributed.optimizer.onStep(({ step }) => heard.push(step));
      for (let step = 0; step < 3; step++) await distributed.step(tensors(10 + step));
      expect(heard).toEqual([1, 2, 3]);
      await distributed.swapInAverages();
      const same = (to: readonly FloatTensor[]) => {
        for (const [i, tensor] of to.entries()) {
          expect(difference(params[i] as FloatTensor, tensor)).toBeUndefined();
        }
      };
      same(expected);
      await distributed.swapOutAverages();
      same(trained);
    });
  },
);

test('a rank has its share of the state', async () => {
  const size = 4;
  const whole = await onRanks(1, async (comm) => {
    return (await distribute(adam.Class, [new Float32Array(2 ** 18)], {}, comm)).memory;
  });
  const shards = await onRanks(size, async (comm) => {
    return (await distribute(adam.Class, [new Float32Array(2 ** 18)], {}, comm)).memory;
  });
  for (const { shardElements, state } of shards) {
    expect(shardElements).toBe(2 ** 18 / size);
    expect(state).toBeLessThan((whole[0]?.state as number) / size + 8 * 4096);
  }
});
