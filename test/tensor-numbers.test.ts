import { describe, expect, test } from 'vitest';
import { configure } from '../lib/index.js';
import { difference, ordinaryValue, type Tensor } from './bits.js';
import { engines } from './engines.js';
import { type AnyOptimizer, optimizers } from './variants.js';

// Rules that keep numbers of whole tensors, beside states and counts of steps.
const keeping = optimizers.filter(({ rule }) => rule.numbers);
const gradient = (t: number) => Float32Array.from({ length: 37 }, (_, i) => ordinaryValue(t, i));

const tensorsOf = (optimizer: AnyOptimizer) =>
  optimizer.stateDict().groups.flatMap(({ tensors }) => tensors);
const numbersOf = (optimizer: AnyOptimizer) => tensorsOf(optimizer).map(({ numbers }) => numbers);

test('there is such a rule', () => expect(keeping).not.toEqual([]));

describe.each(engines)('on %s', (isa) => {
  test.each(keeping)('tensors of a group are updated as on their own: $name', async ({ Class }) => {
    configure({ isa });
    // The second tensor has skipped a step; the third one has as many steps as the first, and other numbers.
    const skips = (t: number, i: number) => i === 1 && t === 2;
    const others = (optimizer: AnyOptimizer, i: number) => {
      const dict = optimizer.stateDict();
      const numbers = dict.groups[0]?.tensors[i]?.numbers ?? {};
      for (const name of Object.keys(numbers)) numbers[name] = 0.625;
      optimizer.loadStateDict(dict);
    };
    const [together, ...alone] = [[0, 1, 2], [0], [1], [2]].map((own) => {
      const params = own.map((i) => gradient(100 + i));
      return { own, params, optimizer: new Class(params, {}) };
    }) as [{ own: number[]; params: Float32Array[]; optimizer: AnyOptimizer }];
    for (let t = 0; t < 6; t++) {
      for (const { own, optimizer } of [together, ...alone]) {
        const gradients = own.map((i) => (skips(t, i) ? null : gradient(t + 10 * i)));
        if (t % 2) await optimizer.stepAsync(gradients);
        else optimizer.step(gradients);
        if (t === 3 && own.includes(2)) others(optimizer, own.indexOf(2));
      }
    }
    for (const [i, { params, optimizer }] of alone.entries()) {
      expect(difference(together.params[i] as Tensor, params[0] as Tensor)).toBeUndefined();
      expect(numbersOf(together.optimizer)[i]).toEqual(numbersOf(optimizer)[0]);
    }
    expect(new Set(numbersOf(together.optimizer).map((own) => JSON.stringify(own))).size).toBe(3);
  });

  test.each(keeping)(
    'numbers go on with the steps that are made, and with no others: $name',
    ({ rule, Class }) => {
      configure({ isa });
      const start = Object.fromEntries(
        (rule.numbers?.kept ?? []).map(({ name, start }) => [name, start]),
      );
      const optimizer = new Class([gradient(1), gradient(2)], {
        onNonFinite: 'skip',
        accumulationSteps: 2,
      });
      expect(numbersOf(optimizer)).toEqual([start, start]);
      optimizer.step([gradient(3), gradient(4)]); // only added
      expect(numbersOf(optimizer)).toEqual([start, start]);
      optimizer.step([gradient(3).fill(Number.NaN), gradient(4)]);
      expect(numbersOf(optimizer)).toEqual([start, start]);
      optimizer.step([gradient(3), null]);
      const [first, second] = numbersOf(optimizer);
      expect(second).toEqual(start);
      for (const [name, value] of Object.entries(start)) expect(first?.[name]).not.toBe(value);
    },
  );
});
