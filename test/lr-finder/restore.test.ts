import { expect, test } from 'vitest';
import { lrFinder, RMSprop, SGD } from '../../lib/index.js';
import { rules } from '../../lib/rules/index.js';
import type { MemoryArray } from '../../lib/tensor.js';
import { around } from '../around/options.js';
import { difference } from '../bits.js';
import { cases, resultDifference, resultOf, type Training } from '../checkpoint/cases.js';

const STEPS = 6;
const fault = new Error('of the caller');

interface Ending {
  /** What the batch gives at its last call but one, instead of a loss and gradients. */
  last(good: { loss: number; gradients: unknown }, stop: AbortController): unknown;
  onProgress?: (progress: { step: number }) => void;
  /** What the curve has, or the error. */
  end?: string;
  error?: unknown;
}

/** Every way in which a range test can end. */
const endings: Record<string, Ending> = {
  'at its highest rate': { last: (good) => good, end: 'maximum' },
  'at a loss that exploded': { last: (good) => ({ ...good, loss: 1e9 }), end: 'diverged' },
  'at a loss that is NaN': { last: (good) => ({ ...good, loss: Number.NaN }), end: 'not finite' },
  'at a batch that throws': {
    last: () => {
      throw fault;
    },
    error: fault,
  },
  'at a batch that rejects': { last: () => Promise.reject(fault), error: fault },
  'at a signal during a batch': {
    last: (good, stop) => {
      stop.abort(fault);
      return good;
    },
    error: fault,
  },
  'at a progress that throws': {
    last: (good) => good,
    onProgress: ({ step }) => {
      if (step === STEPS - 1) throw fault;
    },
    error: fault,
  },
  'at what is no batch': { last: () => undefined, error: { code: 'ERR_INVALID_OPTION' } },
  'at gradients of other names': {
    last: (good) => ({ ...good, gradients: [[], []] }),
    error: { code: expect.stringMatching(/^ERR_(GRADIENT_NAMES|TENSOR_TYPE)$/) },
  },
};
const names = Object.keys(endings);

const copies = ({ tensors }: Training) => tensors.map((tensor) => tensor.slice() as MemoryArray);
const moved = ({ tensors }: Training, from: MemoryArray[]) =>
  tensors.some((tensor, i) => difference(tensor as MemoryArray, from[i] as MemoryArray));

/** A range test that ends so; tells whether it had changed any parameter before. */
async function runTest(training: Training, { last, onProgress }: Ending) {
  const stop = new AbortController();
  const from = copies(training);
  let hasMoved = false;
  const batch = (i: number) => {
    hasMoved ||= moved(training, from);
    const good = { loss: 1 - i / 10, gradients: training.gradients(20 + i) };
    return (i === STEPS - 2 ? last(good, stop) : good) as typeof good;
  };
  const options = { minimum: 1e-3, maximum: 1, steps: STEPS, signal: stop.signal };
  const found = lrFinder(
    training.optimizer as never,
    batch as never,
    onProgress ? { ...options, onProgress } : options,
  );
  const outcome = await found.then(
    ({ end }) => ({ end }),
    (error) => ({ error }),
  );
  return { hasMoved, outcome };
}

const ignorant = Object.values(rules).filter((rule) => 'ignoresLaterRates' in rule);
test('some rules ignore rates', () =>
  expect(ignorant.map(({ name }) => name)).toEqual(['Rprop', 'ProdigyRMSprop']));
const eligible = cases.filter(({ name }) => !ignorant.some((rule) => name.startsWith(rule.name)));

// Every rule, storage and layout, each with a few of the endings.
test.each(eligible.map((each, i) => [each.name, names[i % names.length] as string, each] as const))(
  '%s: nothing has changed after a test that ends %s',
  async (_, name, { start }) => {
    const [training, twin] = [start(), start()];
    for (const { step } of [training, twin]) for (const t of [0, 1]) await step(t);
    const before = resultOf(training);
    const ending = endings[name] as Ending;
    const { hasMoved, outcome } = await runTest(training, ending);
    expect(hasMoved).toBe(true);
    expect(outcome).toMatchObject(ending.end ? { end: ending.end } : { error: ending.error });
    expect(resultDifference(resultOf(training), before)).toBe(undefined);

    for (const { step } of [training, twin]) for (const t of [2, 3]) await step(t);
    expect(resultDifference(resultOf(training), resultOf(twin))).toBe(undefined);
  },
);

// All that happens around a step, begun in the middle of a sum of gradients.
test.each(around)('with %j, nothing has changed after a test', async (options) => {
  const start = () => {
    const tensors = [Float32Array.of(0.1, -0.2, 0.3), Float32Array.of(0.4)];
    const all = { momentum: 0.9, centered: true, learningRate: 0.01, ...options };
    const optimizer = new RMSprop(tensors, all);
    const step = () => optimizer.step([Float32Array.of(1, -2, 3), Float32Array.of(-4)]);
    return { tensors, optimizer, step };
  };
  const [tested, twin] = [start(), start()];
  for (const { step } of [tested, twin]) for (let t = 0; t < 4; t++) step();
  const before = tested.tensors.map((tensor) => tensor.slice());
  let hasMoved = false;
  const scales = new Set<number>();
  await lrFinder(tested.optimizer, (i) => {
    hasMoved ||= tested.tensors.some((tensor, k) => difference(tensor, before[k] as Float32Array));
    scales.add(tested.optimizer.lossScale);
    // Every fourth batch is one too many for a loss scale.
    const one = i % 4 === 3 ? Number.POSITIVE_INFINITY : 1;
    return { loss: 1, gradients: [Float32Array.of(one, 1, 1), Float32Array.of(-1)] };
  });
  expect(hasMoved).toBe(true);
  expect(scales.size > 1).toBe('dynamicLossScale' in options);
  for (let t = 0; t < 5; t++) {
    for (const [k, tensor] of tested.tensors.entries()) {
      expect(difference(tensor, twin.tensors[k] as Float32Array)).toBe(undefined);
    }
    expect(tested.optimizer.stateDict()).toEqual(twin.optimizer.stateDict());
    for (const { step } of [tested, twin]) step();
  }
});

test('a dynamic loss scale is that of the batch', async () => {
  const weights = Float64Array.of(0);
  const options = { dynamicLossScale: true, lossScale: 2 ** 10, lossScaleGrowthInterval: 1 };
  const optimizer = new SGD(weights, options);
  let sum = 0;
  const { rates } = await lrFinder(
    optimizer,
    (i) => {
      expect(optimizer.lossScale).toBe(2 ** (10 + i));
      return { loss: 1, gradients: Float64Array.of(-optimizer.lossScale) };
    },
    {
      steps: 20,
      onProgress: ({ learningRate }) => {
        expect(weights[0]).toBe(sum);
        sum += learningRate;
      },
    },
  );
  expect(rates.length).toBe(20);
  expect([weights[0], optimizer.lossScale]).toEqual([0, 2 ** 10]);
});

test('gradients that the optimizer refuses end the test as losses do that are not finite', async () => {
  const weights = Float32Array.of(1);
  const optimizer = new SGD(weights, { onNonFinite: 'throw' });
  const { end, losses } = await lrFinder(optimizer, (i) => {
    return { loss: 1, gradients: Float32Array.of(i === 4 ? Number.NaN : 1) };
  });
  expect([end, losses.length, weights[0]]).toEqual(['not finite', 5, 1]);
});
