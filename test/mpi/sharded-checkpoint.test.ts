import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { difference } from '../bits.js';
import { extremes, type Options, optimizers } from '../variants.js';
import { type Class, distribute, onRanks, tensors } from './model.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rmsprop-shards-'));
});
afterEach(() => rm(folder, { recursive: true }));

const adam = optimizers.find(({ name }) => name === 'Adam') as (typeof optimizers)[number];
const cases = [
  ...optimizers.flatMap(({ name, rule, Class }) =>
    extremes(rule).map((options) => ({ name, Class, options })),
  ),
  ...[
    { stateType: 'uint8' },
    { stateType: 'bfloat16', averageDecay: 0.9 },
    { accumulationSteps: 3, dynamicLossScale: true, lossScale: 4 },
  ].map((options: Options) => ({ name: 'Adam', Class: adam.Class, options })),
];

/** Saves after some steps of so many ranks. */
function train(size: number, steps: number, Class: Class, options: Options, metadata: unknown) {
  return onRanks(size, async (comm) => {
    const params = tensors(1, options);
    const distributed = await distribute(Class, params, options, comm);
    for (let step = 0; step < steps; step++) await distributed.step(tensors(10 + step, options));
    await distributed.save(folder, { metadata });
    return params;
  });
}

/** Goes on from there with so many ranks. */
function resume(size: number, from: number, steps: number, Class: Class, options: Options) {
  return onRanks(size, async (comm) => {
    const params = tensors(99, options);
    const distributed = await distribute(Class, params, { ...options, learningRate: 0.7 }, comm);
    const metadata = await distributed.load(folder);
    for (let step = from; step < from + steps; step++) {
      await distributed.step(tensors(10 + step, options));
    }
    return { params, metadata };
  });
}

describe.each(cases)('$name $options', ({ Class, options }) => {
  test.each([
    [3, 3],
    [2, 5],
    [5, 2],
    [1, 4],
    [4, 1],
  ])('saved by %d ranks, %d go on, bit for bit', async (before, after) => {
    const expected = tensors(1, options);
    const single = new Class(expected, options);
    for (let step = 0; step < 7; step++) single.step(tensors(10 + step, options));

    await train(before, 4, Class, options, { epoch: 4 });
    for (const { params, metadata } of await resume(after, 4, 3, Class, options)) {
      expect(metadata).toEqual({ epoch: 4 });
      for (const [i, tensor] of expected.entries()) {
        expect(difference(params[i] as never, tensor)).toBeUndefined();
      }
    }
  });
});

test('a folder keeps one manifest and its shards', async () => {
  await train(3, 1, adam.Class, {}, undefined);
  await writeFile(join(folder, 'mine.txt'), 'stays');
  await train(2, 1, adam.Class, {}, undefined);
  const names = await readdir(folder);
  expect(names.filter((name) => name.startsWith('shard-'))).toHaveLength(2);
  expect(names).toContain('mine.txt');
  expect(names).toHaveLength(4);
});

const damages: [string, (names: string[]) => Promise<unknown>, string, number][] = [
  ['no manifest', () => rm(join(folder, 'manifest.safetensors')), 'ERR_CHECKPOINT_READ', 2],
  ['no shard', ([first]) => rm(join(folder, first as string)), 'ERR_CHECKPOINT_READ', 1],
  [
    'half a shard',
    ([first]) => truncate(join(folder, first as string), 5000),
    'ERR_CHECKPOINT_FORMAT',
    1,
  ],
];

test.each(damages)('%s: nothing changes on any rank', async (_, damage, code, least) => {
  await train(2, 2, adam.Class, {}, undefined);
  const shards = (await readdir(folder)).filter((name) => name.startsWith('shard-')).sort();
  await damage(shards);
  const ranks = await onRanks(2, async (comm) => {
    const params = tensors(5);
    const distributed = await distribute(adam.Class, params, {}, comm);
    const error = await distributed.load(folder).then(
      () => undefined,
      (fault) => fault,
    );
    await distributed.step(tensors(6));
    return { params, code: error?.code };
  });
  const codes = ranks.map((rank) => rank.code);
  expect(codes.filter((received) => received === code).length).toBeGreaterThanOrEqual(least);
  expect(codes.every((received) => [code, 'ERR_RANK_FAILED'].includes(received))).toBe(true);
  const expected = tensors(5);
  new adam.Class(expected, {}).step(tensors(6));
  for (const { params } of ranks) {
    for (const [i, tensor] of expected.entries()) {
      expect(difference(params[i] as never, tensor)).toBeUndefined();
    }
  }
});

test('another model does not load it', async () => {
  await train(2, 1, adam.Class, {}, undefined);
  const codes = await onRanks(2, async (comm) => {
    const distributed = await distribute(adam.Class, [new Float32Array(10)], {}, comm);
    return distributed.load(folder).then(
      () => 'none',
      (fault) => fault.message,
    );
  });
  const message =
    'Expected tensor 0 of the checkpoint to be ["[0]","float32",10], as in params, but received ["[0]","float32",9001]';
  expect(codes).toEqual([message, message]);
});
