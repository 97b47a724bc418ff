import { rmSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { Adam, loadCheckpoint, RMSprop, Scheduler, SGD, saveCheckpoint } from '../../lib/index.js';
import { forgeData } from './file.js';
import { folder, inFolder, strays } from './folder.js';
import { rejection } from './rejection.js';
import { expectSame, ordinary, trained } from './training.js';

const file = inFolder('file');
beforeEach(() => rmSync(file, { force: true }));

describe('what is refused', () => {
  const { optimizer } = trained();
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are wrong on purpose
  const save: any = saveCheckpoint;
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are wrong on purpose
  const load: any = loadCheckpoint;
  const detached = Float32Array.of(1);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const cyclic: { self?: object } = {};
  cyclic.self = cyclic;
  const scheduler = new Scheduler(optimizer, () => 1);
  type Refused = [
    what: string,
    call: () => Promise<unknown>,
    kind: typeof TypeError | typeof RangeError,
    code: string,
    says: string,
  ];
  test.each<Refused>([
    [
      'a path that is none',
      () => save(5, { optimizer }),
      TypeError,
      'ERR_INVALID_OPTION',
      'Expected path to be a string or a URL of a file, but received 5',
    ],
    [
      'a URL of something else',
      () => load(new URL('http://localhost/'), { optimizer }),
      TypeError,
      'ERR_INVALID_OPTION',
      'Expected path to be a string or a URL of a file, but received a URL',
    ],
    [
      'a path that no system has',
      () => save('a\0b', { optimizer }),
      RangeError,
      'ERR_CHECKPOINT_WRITE',
      'null bytes',
    ],
    [
      'a path that no system has, to load',
      () => load('a\0b', { optimizer }),
      RangeError,
      'ERR_CHECKPOINT_READ',
      'null bytes',
    ],
    [
      'no options',
      () => save(file),
      TypeError,
      'ERR_INVALID_OPTION',
      'Expected options to be a plain object, but received undefined',
    ],
    [
      'no optimizer',
      () => load(file, {}),
      TypeError,
      'ERR_INVALID_OPTION',
      'Expected options.optimizer to be an optimizer of this package, but received undefined',
    ],
    [
      'an option of something else',
      () => load(file, { optimizer, metadata: 1 }),
      TypeError,
      'ERR_UNKNOWN_OPTION',
      'Expected options to have only optimizer, tensors, signal, onProgress, but received "metadata"',
    ],
    [
      'an option of something else, to save',
      () => optimizer.save(file, { metadata: 1 } as object),
      TypeError,
      'ERR_UNKNOWN_OPTION',
      'Expected options to have only signal, onProgress, but received "metadata"',
    ],
    [
      'a signal that is none',
      () => save(file, { optimizer, signal: {} }),
      TypeError,
      'ERR_INVALID_OPTION',
      'Expected options.signal to be an AbortSignal, but received an object',
    ],
    [
      'a callback that is none',
      () => optimizer.load(file, { onProgress: 1 as never }),
      TypeError,
      'ERR_INVALID_OPTION',
      'Expected options.onProgress to be a function, but received 1',
    ],
    ...(
      [
        ['that JSON leaves out', () => 1, '', 'a function'],
        ['in circles', cyclic, '', 'Converting circular structure to JSON'],
        ['with large integers', [1n], '[0]', '1n'],
        ['with an infinite number', { best: Number.POSITIVE_INFINITY }, '.best', 'Infinity'],
        [
          'with a number that is none',
          { '0': { 'a b': [0, Number.NaN] } },
          '["0"]["a b"][1]',
          'NaN',
        ],
        ['with a boxed one', [Object(Number.NaN)], '[0]', 'NaN'],
        ['with a Set', { a: [{}, new Set([1])] }, '.a[1]', 'a Set'],
        ['that is a Map', new Map([[1, 2]]), '', 'a Map'],
        [
          'with a typed array',
          { a: { b: 1 }, mean: Float64Array.of(1) },
          '.mean',
          'a Float64Array',
        ],
        ['with a Scheduler', { scheduler }, '.scheduler', 'an instance of Scheduler'],
        [
          'with a getter that throws',
          {
            get a() {
              throw new Error('not now');
            },
          },
          '',
          'not now',
        ],
        [
          'that throws what is no error',
          {
            toJSON() {
              throw Object.create(null);
            },
          },
          '',
          'an object',
        ],
      ] as const
    ).map(
      ([what, metadata, at, received]): Refused => [
        `metadata ${what}`,
        () => save(file, { optimizer, metadata }),
        TypeError,
        'ERR_INVALID_OPTION',
        `Expected options.metadata${at} to hold what JSON keeps, but received ${received}`,
      ],
    ),
    [
      'metadata beyond what a string takes once it is quoted twice',
      () => save(file, { optimizer, metadata: '"'.repeat(1.5e8) }),
      RangeError,
      'ERR_INVALID_OPTION',
      'Expected names and metadata to take at most 100000000 bytes, but received 300000',
    ],
    [
      'metadata beyond what readers take',
      () => save(file, { optimizer, metadata: 'x'.repeat(1e8) }),
      RangeError,
      'ERR_INVALID_OPTION',
      'Expected names and metadata to take at most 100000000 bytes, but received 1000',
    ],
    [
      'tensors in a list',
      () => save(file, { optimizer, tensors: [] }),
      TypeError,
      'ERR_INVALID_OPTION',
      'Expected options.tensors to be a plain object, but received an array of length 0',
    ],
    [
      'a tensor that is none',
      () => save(file, { optimizer, tensors: { a: [1] } }),
      TypeError,
      'ERR_TENSOR_TYPE',
      'Expected options.tensors["a"] to be a typed array, but received an array of length 1',
    ],
    [
      'a tensor without memory',
      () => load(file, { optimizer, tensors: { a: detached } }),
      RangeError,
      'ERR_TENSOR_DETACHED',
      'Expected options.tensors["a"] to have its memory, but received a detached buffer',
    ],
    [
      'an optimizer of another rule',
      async () => {
        await optimizer.save(file);
        await new SGD({ w: ordinary(1) }).load(file);
      },
      RangeError,
      'ERR_STATE_MISMATCH',
      'Expected checkpoint.rule to be "SGD", but received "Adam"',
    ],
    [
      'an optimizer of another size',
      async () => {
        await optimizer.save(file);
        await new Adam({ w: Float32Array.of(1) }).load(file);
      },
      RangeError,
      'ERR_STATE_MISMATCH',
      'Expected checkpoint.groups[0].tensors[0].state.gradientAverage to have length 1, as params.w needs, but received 150000',
    ],
  ])('%s', async (_, call, Kind, code, says) => {
    const before = strays(folder);
    const error = await rejection(call());
    expect(error).toBeInstanceOf(Kind);
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
    expect(strays(folder)).toEqual(before);
  });

  test('states of narrow types with scales that no optimizer writes', async () => {
    const make = () => new RMSprop({ w: ordinary(1) }, { stateType: 'uint8' });
    const one = make();
    one.step({ w: ordinary(2) });
    await one.save(file);
    forgeData(file, 'state/squareAverageScale/0/w', (data) => data.writeFloatLE(-1));
    const other = make();
    const before = other.stateDict();
    const error = await rejection(other.load(file));
    expect(error).toMatchObject({
      code: 'ERR_STATE_MISMATCH',
      message:
        'Expected checkpoint.groups[0].tensors[0].state.squareAverageScale to hold finite numbers of at least 0, but received -1',
    });
    expectSame(other.stateDict(), before);
  });
});
