import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { train, type VariableOptimizer } from '../../lib/tfjs/index.js';
import { backends, squares, use, variable } from './backends.js';

interface Case {
  name: string;
  make(): VariableOptimizer;
  /** The average of a number after so many steps down its square from `start`, in float64. */
  average(start: number, steps: number): number;
}

const RATE = 0.1;

/** The algorithm of the paper, which keeps the average itself: with all rates the same it is the mean of all z. */
function scheduleFree(root: (square: number, t: number, v: { sum: number }) => number) {
  return (start: number, steps: number) => {
    let [z, x] = [start, start];
    const v = { sum: 0 };
    for (let t = 1; t <= steps; t++) {
      const gradient = 2 * (0.1 * z + 0.9 * x);
      z -= (RATE * gradient) / (root(gradient ** 2, t, v) + 1e-8);
      x += (z - x) / t;
    }
    return x;
  };
}

const cases: Case[] = [
  {
    name: 'averageDecay of SGD',
    make: () => train.sgd({ learningRate: 0.25, averageDecay: 0.5 }),
    average(start, steps) {
      let average = start / 2;
      for (let t = 2; t <= steps; t++) average = (average + start / 2 ** t) / 2;
      return average;
    },
  },
  {
    name: 'Schedule-Free RMSprop',
    make: () => train.scheduleFreeRMSprop({ learningRate: RATE }),
    average: scheduleFree((square, _, v) => {
      v.sum = 0.99 * v.sum + 0.01 * square;
      return Math.sqrt(v.sum);
    }),
  },
  {
    name: 'Schedule-Free AdamW',
    make: () => train.scheduleFreeAdamW({ learningRate: RATE }),
    average: scheduleFree((square, t, v) => {
      v.sum = 0.999 * v.sum + 0.001 * square;
      return Math.sqrt(v.sum / (1 - 0.999 ** t));
    }),
  },
];

const START = [1, -2, 3];
const numbers = (x: tf.Tensor) => [...x.dataSync()];
const step = (optimizer: tf.Optimizer, x: tf.Variable, times = 1) => {
  for (let t = 0; t < times; t++) optimizer.minimize(() => squares(x), false, [x]);
};
const fails = (code: string) => expect.objectContaining({ code });

describe.each([...backends, 'closed'])('on the backend %s', (backend) => {
  beforeAll(() => use(backend));

  test.each(cases)('$name is swapped in, and out again', ({ make, average }) => {
    const [optimizer, undisturbed] = [make(), make()];
    const [x, y] = [variable(START), variable(START)] as [tf.Variable, tf.Variable];
    step(optimizer, x, 5);
    step(undisturbed, y, 5);
    const { numTensors } = tf.memory();
    optimizer.swapInAverages();
    for (const [i, value] of numbers(x).entries()) {
      // Float32 rounds some 10 operations of each step, by 6e-8 of numbers up to 3.
      expect(value).toBeCloseTo(average(START[i] as number, 5), 5);
    }
    // The memory of wasm grows, and moves.
    const cost = tf.tidy(() => {
      tf.zeros([2 ** 24]);
      return squares(x).dataSync()[0];
    });
    expect(cost).toBeCloseTo(
      numbers(x).reduce((sum, value) => sum + value ** 2, 0),
      4,
    );

    optimizer.swapOutAverages();
    expect(numbers(x)).toEqual(numbers(y));
    expect(tf.memory().numTensors).toBe(numTensors);
    step(optimizer, x, 2);
    step(undisturbed, y, 2);
    expect(numbers(x)).toEqual(numbers(y));
  });

  test.each(cases)('$name of a state that was loaded needs its variables', async ({ make }) => {
    const before = make();
    const x = variable(START);
    step(before, x, 3);
    const after = make();
    await after.setWeights(await before.getWeights());
    before.swapInAverages();
    const expected = numbers(x);
    before.swapOutAverages();
    const kept = numbers(x);

    const stranger = variable(START);
    for (const list of [[], [stranger]]) {
      expect(() => after.swapInAverages(list)).toThrow(fails('ERR_STATE_MISMATCH'));
    }
    after.swapInAverages([x]);
    expect(numbers(x)).toEqual(expected);
    after.swapOutAverages();
    expect(numbers(x)).toEqual(kept);
  });
});

describe('an optimizer', () => {
  beforeAll(() => use('cpu'));

  test.each([
    ['steps', (optimizer: VariableOptimizer, x: tf.Variable) => step(optimizer, x)],
    ['swaps', (optimizer: VariableOptimizer) => optimizer.swapInAverages()],
    ['saves', (optimizer: VariableOptimizer) => optimizer.getWeights()],
    ['loads', (optimizer: VariableOptimizer) => optimizer.setWeights([])],
  ])('that has swapped averages in neither %s nor changes anything', async (_, act) => {
    const optimizer = train.scheduleFreeRMSprop();
    const x = variable(START);
    step(optimizer, x, 3);
    const before = numbers(x);
    optimizer.swapInAverages();
    const averages = numbers(x);
    await expect(async () => act(optimizer, x)).rejects.toThrow(fails('ERR_OPTIMIZER_BUSY'));
    expect(numbers(x)).toEqual(averages);
    expect(optimizer.iterations).toBe(3);
    optimizer.swapOutAverages();
    expect(numbers(x)).toEqual(before);
  });

  test('without averages has none to swap in, and one that has not swapped has none to swap out', () => {
    expect(() => train.adam().swapInAverages()).toThrow(fails('ERR_NO_AVERAGES'));
    for (const { make } of cases) {
      expect(() => make().swapOutAverages()).toThrow(fails('ERR_NO_AVERAGES'));
    }
  });

  test('leaves averages where they are when it is disposed of, and no tensor', () => {
    const [x, y] = [variable(START), variable(START)] as [tf.Variable, tf.Variable];
    const { numTensors } = tf.memory();
    const optimizer = train.scheduleFreeAdamW();
    optimizer.minimize(() => tf.add(squares(x), squares(y)) as tf.Scalar, false, [x, y]);
    optimizer.swapInAverages();
    const averages = numbers(x);
    y.dispose();
    optimizer.dispose();
    expect(numbers(x)).toEqual(averages);
    expect(tf.memory().numTensors).toBe(numTensors - 1);
  });

  test('puts back the variables that are left', () => {
    const [x, y] = [variable(START), variable(START)] as [tf.Variable, tf.Variable];
    const optimizer = train.scheduleFreeAdamW();
    optimizer.minimize(() => tf.add(squares(x), squares(y)) as tf.Scalar, false, [x, y]);
    const before = numbers(x);
    optimizer.swapInAverages();
    y.dispose();
    optimizer.swapOutAverages();
    expect(numbers(x)).toEqual(before);
    step(optimizer, x);
  });
});
