import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { Adam, loadCheckpoint, type Progress, SGD, saveCheckpoint } from '../../lib/index.js';
import { PIECE } from '../../lib/safetensors/transfer.js';
import { inFolder, strays } from './folder.js';
import { rejection } from './rejection.js';
import { expectSame, ordinary, snapshot, trained } from './training.js';

const file = inFolder('file');
beforeEach(() => rmSync(file, { force: true }));

describe('metadata', () => {
  test.each([
    ['an object', { epoch: 3, random: [1, 2 ** 53, 0.1], name: 'é\ud800"' }],
    ['a number', 7],
    ['null', null],
    ['text', 'x'.repeat(1_000_000)],
    ['a name that all objects have', JSON.parse('{"__proto__":{"a":1},"toString":2}')],
  ])('may be %s', async (_, metadata) => {
    const { optimizer } = trained();
    await saveCheckpoint(file, { optimizer, metadata });
    expect(await loadCheckpoint(file, { optimizer })).toEqual(metadata);
  });

  test('is what its toJSON makes of it, without what JSON leaves out', async () => {
    const { optimizer } = trained();
    const twice = { a: 1 };
    const metadata = { at: new Date(0), a: undefined, b: () => 1, c: [undefined, twice], d: twice };
    await saveCheckpoint(file, { optimizer, metadata });
    const loaded = { at: '1970-01-01T00:00:00.000Z', c: [null, { a: 1 }], d: { a: 1 } };
    expect(await loadCheckpoint(file, { optimizer })).toEqual(loaded);
  });

  test('need not be', async () => {
    const { optimizer } = trained();
    await saveCheckpoint(file, { optimizer });
    expect(await loadCheckpoint(file, { optimizer })).toBeUndefined();
  });
});

test('tensors of any type are filled with what was saved', async () => {
  const { optimizer } = trained();
  const numbers = [
    ...[Float32Array, Float64Array, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array],
    ...[Uint16Array, Int32Array, Uint32Array],
  ].map((Type) => Type.of(1, 2, 200.5));
  const all = [...numbers, BigInt64Array.of(-1n), BigUint64Array.of(2n ** 64n - 1n)];
  const named = <T>(list: T[]) =>
    Object.fromEntries(list.map((x, i) => [`__proto__${i || ''}`, x]));
  await saveCheckpoint(file, { optimizer, tensors: named(all) });
  const filled = all.map((array) => new (array.constructor as Int8ArrayConstructor)(array.length));
  await loadCheckpoint(file, { optimizer, tensors: named(filled) });
  expect(filled).toEqual(all);
});

test('a URL of a file is a path', async () => {
  const { optimizer } = trained();
  await optimizer.save(pathToFileURL(file));
  expect(existsSync(file)).toBe(true);
  await optimizer.load(pathToFileURL(file));
});

test('load takes the state out of a whole checkpoint, and leaves parameters alone', async () => {
  const [one, other] = [trained(1), trained(5)];
  await saveCheckpoint(file, { optimizer: one.optimizer, tensors: { x: Int8Array.of(1) } });
  await other.optimizer.load(file);
  expectSame(other.optimizer.stateDict(), one.optimizer.stateDict());
  expectSame(other.w, trained(5).w);
});

test('a state alone is no checkpoint of a model', async () => {
  const { optimizer } = trained();
  await optimizer.save(file);
  const error = await rejection(loadCheckpoint(file, { optimizer }));
  expect(error).toMatchObject({
    code: 'ERR_STATE_MISMATCH',
    message: 'Expected params.w in the checkpoint to be there, but received none',
  });
});

describe('meanwhile', () => {
  test('calls that need the memory fail, and the program goes on', async () => {
    const training = trained();
    const before = snapshot(training);
    for (const transfer of [
      () => saveCheckpoint(file, { optimizer: training.optimizer }),
      () => loadCheckpoint(file, { optimizer: training.optimizer }),
      () => training.optimizer.save(file),
      () => training.optimizer.load(file),
    ]) {
      let turns = 0;
      const count = setInterval(() => turns++);
      const promise = transfer();
      const busy = expect.objectContaining({ code: 'ERR_OPTIMIZER_BUSY' });
      expect(() => training.optimizer.step({ w: training.w.slice() })).toThrow(busy);
      expect(() => training.optimizer.stateDict()).toThrow(busy);
      expect(() => training.optimizer.loadStateDict(before.state)).toThrow(busy);
      await promise;
      clearInterval(count);
      expect(turns).toBeGreaterThan(0);
      expectSame(snapshot(training), before);
    }
  });

  test('other transfers wait for their turn', async () => {
    const { optimizer } = trained();
    const order: string[] = [];
    const note = (name: string) => ({
      onProgress: () => order.at(-1) !== name && order.push(name),
    });
    await Promise.all([
      optimizer.save(file, note('first')),
      optimizer.load(file, note('second')),
      saveCheckpoint(file, { optimizer, ...note('third') }),
      loadCheckpoint(file, { optimizer, ...note('fourth') }),
    ]);
    expect(order).toEqual(['first', 'second', 'third', 'fourth']);
  });

  test('hyperparameters that change are not in the file', async () => {
    const { optimizer } = trained();
    const promise = optimizer.save(file);
    optimizer.learningRate = 0.75;
    await promise;
    const fresh = new Adam({ w: ordinary(1) });
    await fresh.load(file);
    expect(fresh.learningRate).toBe(0.001);
    optimizer.step({ w: ordinary(2) });
  });

  test('parameters that change leave a file that is whole', async () => {
    const { w, optimizer } = trained();
    let value = 0;
    const change = () => w.fill(value++);
    await saveCheckpoint(file, { optimizer, onProgress: change });
    expect(value).toBeGreaterThan(2);
    await loadCheckpoint(file, { optimizer });
  });

  test('memory that goes away is an error, and the old file stays', async () => {
    const { w, optimizer } = trained();
    writeFileSync(file, 'old');
    const transferAway = () =>
      w.buffer.byteLength && structuredClone(w.buffer, { transfer: [w.buffer] });
    const error = await rejection(saveCheckpoint(file, { optimizer, onProgress: transferAway }));
    expect(error.code).toBe('ERR_TENSOR_DETACHED');
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(strays()).toEqual([]);
    const again = await rejection(saveCheckpoint(file, { optimizer }));
    expect(again.code).toBe('ERR_TENSOR_DETACHED');
  });

  test('memory that goes away during a load is an error, and nothing has changed', async () => {
    const { optimizer: saved } = trained(3);
    const mean = Float64Array.of(1);
    await saveCheckpoint(file, { optimizer: saved, tensors: { mean } });
    for (const lost of ['w', 'mean'] as const) {
      const { w, optimizer } = trained();
      const before = optimizer.stateDict();
      const tensors = { w, mean: Float64Array.of(2) };
      const { buffer } = tensors[lost];
      const transferAway = () =>
        buffer.byteLength && structuredClone(buffer, { transfer: [buffer] });
      const options = { optimizer, tensors: { mean: tensors.mean }, onProgress: transferAway };
      const error = await rejection(loadCheckpoint(file, options));
      expect(error.code).toBe('ERR_TENSOR_DETACHED');
      expectSame(optimizer.stateDict(), before);
      if (lost === 'mean') expectSame(w, trained().w);
    }
  });
});

describe('progress', () => {
  const piece = PIECE / Float32Array.BYTES_PER_ELEMENT;
  test.each([0, 1, piece - 1, piece, piece + 1, 2 * piece])(
    'with %i numbers goes up to the end, and all arrive',
    async (length) => {
      const w = ordinary(1).subarray(0, length);
      const saved = w.slice();
      const optimizer = new SGD({ w });
      for (const transfer of [saveCheckpoint, loadCheckpoint]) {
        const seen: number[] = [];
        const onProgress = ({ bytes }: Progress) => seen.push(bytes);
        await transfer(file, { optimizer, onProgress });
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
        expect(seen.at(-1)).toBe(readFileSync(file).length);
        if (transfer === saveCheckpoint) w.fill(0);
      }
      expectSame(w, saved);
    },
  );

  test.each([
    ['save', (options: object) => trained().optimizer.save(file, options)],
    [
      'load',
      async (options: object) => {
        await trained().optimizer.save(file);
        await trained().optimizer.load(file, options);
      },
    ],
  ])('of %s goes up to the size of the file', async (_, transfer) => {
    const seen: number[] = [];
    const totals = new Set<number>();
    await transfer({
      onProgress({ bytes, total }: { bytes: number; total: number }) {
        seen.push(bytes);
        totals.add(total);
      },
    });
    const size = readFileSync(file).length;
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(size);
    expect([...totals]).toEqual([size]);
  });
});

describe.each([
  [
    'saveCheckpoint',
    (t: ReturnType<typeof trained>, o: object) =>
      saveCheckpoint(file, { optimizer: t.optimizer, ...o }),
  ],
  ['save', (t: ReturnType<typeof trained>, o: object) => t.optimizer.save(file, o)],
  [
    'loadCheckpoint',
    (t: ReturnType<typeof trained>, o: object) =>
      loadCheckpoint(file, { optimizer: t.optimizer, ...o }),
  ],
  ['load', (t: ReturnType<typeof trained>, o: object) => t.optimizer.load(file, o)],
])('%s ends', (_, transfer) => {
  const cases: [string, () => object][] = [
    ['before it begins, by a signal', () => ({ signal: AbortSignal.abort(new Error('enough')) })],
    ...[1, 2, 3].map((piece): [string, () => object] => [
      `in piece ${piece}, by a signal`,
      () => {
        const controller = new AbortController();
        let pieces = 0;
        const onProgress = () => {
          if (++pieces > piece) throw new Error('it goes on');
          if (pieces === piece) controller.abort(new Error('enough'));
        };
        return { signal: controller.signal, onProgress };
      },
    ]),
    [
      'after the last piece, by a signal',
      () => {
        const controller = new AbortController();
        const onProgress = ({ bytes, total }: { bytes: number; total: number }) =>
          bytes === total && controller.abort(new Error('enough'));
        return { signal: controller.signal, onProgress };
      },
    ],
    ...[1, 3].map((piece): [string, () => object] => [
      `in piece ${piece}, by a callback that throws`,
      () => {
        let pieces = 0;
        const onProgress = () => {
          if (++pieces === piece) throw new Error('enough');
        };
        return { onProgress };
      },
    ]),
  ];
  test.each(cases)('%s: all is as before', async (_, options) => {
    await saveCheckpoint(file, { optimizer: trained(9).optimizer });
    const old = readFileSync(file);
    const training = trained();
    const before = snapshot(training);
    const error = await rejection(transfer(training, options()));
    expect(error.message).toBe('enough');
    expectSame(snapshot(training), before);
    expectSame(readFileSync(file), old);
    expect(strays()).toEqual([]);
    await transfer(training, {});
  });

  test('while it waits for its turn, by a signal', async () => {
    await saveCheckpoint(file, { optimizer: trained(9).optimizer });
    const training = trained();
    const first = training.optimizer.load(file);
    const controller = new AbortController();
    const second = rejection(transfer(training, { signal: controller.signal }));
    controller.abort(new Error('enough'));
    expect((await second).message).toBe('enough');
    await first;
  });
});
