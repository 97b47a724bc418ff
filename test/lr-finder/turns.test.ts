import { expect, test } from 'vitest';
import { lrFinder, RMSprop } from '../../lib/index.js';
import { difference } from '../bits.js';

const gradients = { weights: Float32Array.of(0.1, -0.2, 0.3) };
const good = { loss: 1, gradients };
const start = () => {
  const params = { weights: Float32Array.of(1, 2, 3) };
  return { params, optimizer: new RMSprop(params, { momentum: 0.5 }) };
};
const options = { steps: 4, minimum: 0.01, maximum: 1 };
const busy = { code: 'ERR_OPTIMIZER_BUSY' };

test('whoever cannot wait is refused, and the test goes on', async () => {
  const { optimizer } = start();
  const found = lrFinder(optimizer, () => good, options);
  for (const call of [() => optimizer.step(gradients), () => optimizer.stateDict()]) {
    expect(call).toThrow(expect.objectContaining(busy));
  }
  expect((await found).end).toBe('maximum');
  optimizer.step(gradients);
});

test('a step within a batch ends the test, which leaves nothing behind', async () => {
  const { optimizer, params } = start();
  const found = lrFinder(
    optimizer,
    (i) => {
      if (i === 2) optimizer.step(gradients);
      return good;
    },
    options,
  );
  await expect(found).rejects.toMatchObject(busy);
  expect([...params.weights]).toEqual([1, 2, 3]);
});

test('steps that are asked for before and meanwhile are made as if there were no test', async () => {
  const [one, twin] = [start(), start()];
  const before = one.optimizer.stepAsync(gradients);
  const seen: Float32Array[] = [];
  const found = lrFinder(
    one.optimizer,
    () => {
      seen.push(one.params.weights.slice());
      return good;
    },
    options,
  );
  const after = one.optimizer.stepAsync(gradients);
  await Promise.all([before, found, after]);

  twin.optimizer.step(gradients);
  expect(difference(seen[0] as Float32Array, twin.params.weights)).toBe(undefined);
  twin.optimizer.step(gradients);
  expect(difference(one.params.weights, twin.params.weights)).toBe(undefined);
  expect(one.optimizer.stateDict()).toEqual(twin.optimizer.stateDict());
});

/** What a batch may set though the optimizer is busy. */
const settings: Record<string, unknown>[] = [
  { learningRate: 0.5, decay: 0.25 },
  { momentum: 0 },
  { frozen: ['weights'], weightDecay: 0.1 },
  { lossScale: 2 },
  { dynamicLossScale: true, lossScale: 1024 },
];

test.each(settings)('%o, set in a batch, holds neither in the test nor afterwards', async (set) => {
  const run = async (change: boolean) => {
    const { optimizer, params } = start();
    const before = optimizer.stateDict();
    const seen: Float32Array[] = [];
    const batch = async (i: number) => {
      if (change && i === 1) Object.assign(optimizer, set);
      await Promise.resolve();
      seen.push(params.weights.slice());
      return {
        loss: 1,
        gradients: { weights: gradients.weights.map((g) => g * optimizer.lossScale) },
      };
    };
    await lrFinder(optimizer, batch, options);
    expect(optimizer.stateDict()).toEqual(before);
    return { seen, params };
  };
  const [changed, unchanged] = [await run(true), await run(false)];
  expect(changed.params).toEqual(unchanged.params);
  if (!('lossScale' in set)) expect(changed.seen).toEqual(unchanged.seen);
});

test('a dynamic loss scale that a batch turns off is restored all the same', async () => {
  const optimizer = new RMSprop(Float32Array.of(1), { dynamicLossScale: true, lossScale: 64 });
  const before = optimizer.stateDict();
  await lrFinder(
    optimizer,
    (i) => {
      if (i === 2) optimizer.dynamicLossScale = false;
      return { loss: 1, gradients: Float32Array.of(Number.NaN) };
    },
    options,
  );
  expect(optimizer.stateDict()).toEqual(before);
});

test('a hyperparameter that is set before the test has its turn holds afterwards, and not in the test', async () => {
  const run = async (change: boolean) => {
    const { optimizer, params } = start();
    const before = optimizer.stepAsync(gradients);
    const found = lrFinder(
      optimizer,
      () => ({ ...good, loss: params.weights[0] as number }),
      options,
    );
    if (change) optimizer.decay = 0.25;
    await before;
    return { losses: (await found).losses, decay: optimizer.decay };
  };
  const [changed, unchanged] = [await run(true), await run(false)];
  expect(changed.losses).toEqual(unchanged.losses);
  expect([changed.decay, unchanged.decay]).toEqual([0.25, 0.9]);
});

test('a test of which a signal cancels the turn never begins', async () => {
  const { optimizer } = start();
  const stop = new AbortController();
  const before = optimizer.stepAsync(gradients);
  let calls = 0;
  const batch = () => {
    calls++;
    return good;
  };
  const waiting = lrFinder(optimizer, batch, { ...options, signal: stop.signal });
  stop.abort();
  await expect(waiting).rejects.toBe(stop.signal.reason);
  await before;
  await expect(lrFinder(optimizer, batch, { signal: stop.signal })).rejects.toBe(
    stop.signal.reason,
  );
  expect(calls).toBe(0);
});

test('memory that the caller takes away meanwhile stays away; all else is brought back', async () => {
  const [lost, kept] = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
  const optimizer = new RMSprop([lost, kept]);
  const state = optimizer.stateDict();
  const one = Float32Array.of(1, 1);
  const found = lrFinder(
    optimizer,
    (i) => {
      if (i === 2) structuredClone(lost.buffer, { transfer: [lost.buffer] });
      return { loss: 1, gradients: [one, one] };
    },
    options,
  );
  await expect(found).rejects.toMatchObject({ code: 'ERR_TENSOR_DETACHED' });
  expect([lost.length, ...kept]).toEqual([0, 3, 4]);
  expect(optimizer.stateDict()).toEqual(state);
});
