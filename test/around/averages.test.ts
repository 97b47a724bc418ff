import { describe, expect, test } from 'vitest';
import { configure, ScheduleFreeAdamW, SGD } from '../../lib/index.js';
import { bfloat16 } from '../../lib/types/bfloat16.js';
import { NEAREST } from '../../lib/types/rounding.js';
import { ordinaryValue, place } from '../bits.js';
import { engines } from '../engines.js';
import { storages, tensorOf } from '../storages.js';
import { extremes, optimizers } from '../variants.js';

describe.each(engines)('on %s', (isa) => {
  test('the average begins with the parameters of the first step, and moves by a quarter', () => {
    configure({ isa });
    const w = Float64Array.of(8);
    const optimizer = new SGD([w], { learningRate: 1, averageDecay: 0.75 });
    const averages = [4, 4, 8].map((g) => {
      optimizer.step([Float64Array.of(g)]);
      optimizer.swapInAverages();
      const [average] = w;
      optimizer.swapOutAverages();
      return average;
    });
    // The parameters are 4, 0, -8.
    expect(averages).toEqual([4, 3, 0.25]);
    expect(w[0]).toBe(-8);
  });

  test('it stays when it is turned off, and goes on when it is turned on again', () => {
    configure({ isa });
    const w = Float64Array.of(0);
    const optimizer = new SGD([w], { learningRate: 1, averageDecay: 0.5 });
    const average = () => {
      optimizer.swapInAverages();
      const [value] = w;
      optimizer.swapOutAverages();
      return value;
    };
    optimizer.step([Float64Array.of(-4)]);
    optimizer.averageDecay = 0;
    optimizer.step([Float64Array.of(-4)]);
    expect(average()).toBe(4);
    optimizer.averageDecay = 0.5;
    optimizer.step([Float64Array.of(-4)]);
    expect(average()).toBe(8);
  });

  test('turned on later, it begins with the parameters as they are then', () => {
    configure({ isa });
    const w = Float64Array.of(0);
    const optimizer = new SGD([w], { learningRate: 1 });
    optimizer.step([Float64Array.of(-4)]);
    optimizer.averageDecay = 0.5;
    optimizer.step([Float64Array.of(-4)]);
    optimizer.swapInAverages();
    expect(w[0]).toBe(6);
  });

  test('neither what is skipped nor what is only summed moves it, nor a null gradient', () => {
    configure({ isa });
    const [a, b] = [Float64Array.of(0), Float64Array.of(5)];
    const options = { learningRate: 1, averageDecay: 0.5, accumulationSteps: 2 };
    const optimizer = new SGD([a, b], { ...options, onNonFinite: 'skip' });
    const calls = [[-4], [-4], [Number.NaN], [-8], [-8], [-4]];
    for (const g of calls) optimizer.step([Float64Array.from(g), null]);
    optimizer.swapInAverages();
    expect([a[0], b[0]]).toEqual([8, 5]); // of 4 and 12; and what was never updated
    optimizer.swapOutAverages();
    expect([a[0], b[0]]).toEqual([12, 5]);
  });

  test("a rule's own average is within the bounds, and gives way to that of averageDecay", () => {
    configure({ isa });
    const averageOf = (more: object) => {
      const w = Float64Array.of(0);
      const own = { learningRate: 1, beta1: 0.5, beta2: 0, epsilon: 0 };
      const optimizer = new ScheduleFreeAdamW([w], { ...own, ...more });
      for (let t = 0; t < 2; t++) optimizer.step([Float64Array.of(1)]);
      optimizer.swapInAverages();
      return w[0];
    };
    // Base parameters -1 and -2, of which the second is -1.5 within bounds; parameters -1 and -1.75.
    expect(averageOf({})).toBe(-1.5);
    expect(averageOf({ averageDecay: 0.5 })).toBe(-1.375);
    expect(averageOf({ lowerBound: -1.5 })).toBe(-1.25);
  });

  test('a rule with an average of its own takes 16-bit parameters from their float32 copy', () => {
    configure({ isa });
    const storage = { dtype: 'bfloat16', stateType: 'float32', masterCopy: true } as const;
    const tensor = (seed: number) => tensorOf(storage, 300, (i) => ordinaryValue(seed, i));
    const p = tensor(1);
    const optimizer = new ScheduleFreeAdamW([p], { ...storage, learningRate: 0.1 });
    for (let t = 0; t < 4; t++) optimizer.step([tensor(2 + t)]);
    const state = optimizer.stateDict().groups[0]?.tensors[0]?.state;
    const { masterCopy, baseParameter } = state as Record<string, Float32Array>;
    optimizer.swapInAverages();
    const exact = Array.from(masterCopy as Float32Array, (x, i) => {
      return Math.fround(x + (1 - 1 / 0.9) * (((baseParameter as Float32Array)[i] as number) - x));
    });
    expect([...p]).toEqual(exact.map((x) => bfloat16.encode(x, NEAREST)));
  });

  const all = [...storages, { dtype: 'array', stateType: 'float32', masterCopy: false } as const];
  test.each(all)(
    'in $dtype, $stateType, master copy $masterCopy: swapped in and out, the optimizer goes on as if nothing had happened',
    (storage) => {
      configure({ isa });
      const { Class } = optimizers[0] as (typeof optimizers)[0];
      const tensor = (seed: number) => tensorOf(storage, 300, (i) => ordinaryValue(seed, i));
      const train = (swaps: boolean) => {
        const params = [tensor(1)];
        const optimizer = new Class(params, { ...storage, averageDecay: 0.9, learningRate: 0.1 });
        for (let t = 0; t < 4; t++) {
          optimizer.step([tensor(2 + t)]);
          if (!swaps) continue;
          const before = params[0]?.slice();
          optimizer.swapInAverages();
          expect(params[0]?.some((x, i) => x !== before?.[i])).toBe(t > 0);
          params[0]?.fill(1); // is lost
          optimizer.swapOutAverages();
          expect(params[0]).toEqual(before);
        }
        return { params, state: optimizer.stateDict() };
      };
      expect(train(true)).toEqual(train(false));
    },
  );

  test.each(optimizers)('$name: an average of what the rule leaves', ({ Class, rule }) => {
    configure({ isa });
    for (const own of extremes(rule)) {
      const params = [place('float64', 40, 0, (i) => ordinaryValue(1, i)).tensor];
      const optimizer = new Class(params, { ...own, averageDecay: 0.5, upperBound: 0.1 });
      let expected: number[] = [];
      for (let t = 0; t < 3; t++) {
        optimizer.step([place('float64', 40, 0, (i) => ordinaryValue(2 + t, i)).tensor]);
        const [p] = params;
        expect(Math.max(...(p as Float64Array))).toBeLessThanOrEqual(0.1);
        // Halves are exact, and so is one of the two roundings.
        expected = [...(p as Float64Array)].map((x, i) =>
          t === 0 ? x : x - 0.5 * (x - (expected[i] as number)),
        );
      }
      optimizer.swapInAverages();
      expect([...(params[0] as Float64Array)]).toEqual(expected);
    }
  });
});
