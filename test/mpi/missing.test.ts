import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Binding, loadBinding } from '../../lib/mpi/binding.js';
import { Communicator } from '../../lib/mpi/communicator.js';
import { detached, expectFailure, type Failure, f32 } from '../bad-input/failure.js';

const folder = mkdtempSync(join(tmpdir(), 'rmsprop-mpi-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'build-mpi/Release/rmsprop-mpi.node');
const advice =
  'install Open MPI (in Debian and Ubuntu: apt-get install openmpi-bin libopenmpi-dev), then build the module for it with `npm explore rmsprop -- npm run build:mpi`.';

describe('a module that', () => {
  test('is not built', () => {
    expect(() => loadBinding(folder)).toThrow(
      expect.objectContaining({
        code: 'ERR_NO_MPI',
        message: `There is no ${file}: ${advice}`,
      }),
    );
  });
  test('cannot be loaded', () => {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, 'none');
    const error = expect.objectContaining({
      code: 'ERR_NO_MPI',
      message: expect.stringMatching(/could not be loaded: .*: install Open MPI .*build:mpi`\.$/),
      cause: expect.any(Error),
    });
    expect(() => loadBinding(folder)).toThrow(error);
  });
});

/** Nothing may be sent when arguments are wrong. */
const silent = new Proxy({} as Binding, {
  get(_, name) {
    throw new Error(`${String(name)} was called`);
  },
});
const comm = new Communicator(silent, { rank: 1, size: 3, host: 'here' });
const resizable = () =>
  new Float32Array(
    new (ArrayBuffer as new (n: number, o: object) => ArrayBuffer)(8, { maxByteLength: 16 }),
  );

type Arguments = [array: never, options: never];
const call =
  (
    method: 'allReduce' | 'reduceScatter' | 'allGather' | 'broadcast',
    array: unknown,
    options?: unknown,
  ) =>
  () =>
    comm[method](...([array, options] as Arguments));

const type = 'ERR_TENSOR_TYPE';
const option = 'ERR_INVALID_OPTION';
const counts = `a list of 3 integers of at least 0, one for each rank, that add up to the array's length, 4`;
const cases: Failure[] = [
  {
    does: 'a list is no array',
    run: call('allReduce', [1, 2], { operation: 'sum' }),
    kind: TypeError,
    code: type,
    says: 'Expected array to be a Float32Array or Float64Array, but received an array of length 2',
  },
  {
    does: 'bytes are not added',
    run: call('reduceScatter', new Uint8Array(3), { operation: 'sum' }),
    kind: TypeError,
    code: type,
    says: 'Expected array to be a Float32Array or Float64Array, but received a Uint8Array',
  },
  {
    does: 'integers are not sent',
    run: call('broadcast', new Int32Array(3)),
    kind: TypeError,
    code: type,
    says: 'Expected array to be a Float32Array or Float64Array or Uint8Array, but received an Int32Array',
  },
  {
    does: 'memory that is gone',
    run: call('allGather', detached()),
    kind: RangeError,
    code: 'ERR_TENSOR_DETACHED',
    says: 'Expected array to have memory, but received a detached buffer',
  },
  {
    does: 'memory that may go',
    run: call('allGather', resizable()),
    kind: RangeError,
    code: 'ERR_TENSOR_RESIZABLE',
    says: 'Expected array to have memory that stays where it is while ranks exchange it, but received a resizable ArrayBuffer',
  },
  {
    does: 'no operation',
    run: call('allReduce', f32(1), {}),
    kind: TypeError,
    code: option,
    says: "Expected options.operation to be 'sum' or 'mean' or 'min' or 'max', but received undefined",
  },
  {
    does: 'an operation that there is not',
    run: call('allReduce', f32(1), { operation: 'product' }),
    kind: RangeError,
    code: option,
    says: `Expected options.operation to be 'sum' or 'mean' or 'min' or 'max', but received "product"`,
  },
  {
    does: 'an unknown option',
    run: call('reduceScatter', f32(1), { operation: 'sum', order: 'fixed' }),
    kind: TypeError,
    code: 'ERR_UNKNOWN_OPTION',
    says: 'Expected options to have only operation, counts, but received "order"',
  },
  ...[
    { list: [1, 1, 1], received: 'an array of length 3' },
    { list: [2, 2], received: 'an array of length 2' },
    { list: [2, 3, -1], received: '-1 at index 2' },
    { list: [1.5, 1.5, 1], received: '1.5 at index 0' },
    { list: [4, 0, 0, 0], received: 'an array of length 4' },
  ].map(({ list, received }) => ({
    does: `counts of ${list}`,
    run: call('allGather', f32(1, 2, 3, 4), { counts: list }),
    kind: RangeError,
    code: option,
    says: `Expected options.counts to be ${counts}, but received ${received}`,
  })),
  ...[3, -1, 0.5].map((root) => ({
    does: `a root of ${root}`,
    run: call('broadcast', f32(1), { root }),
    kind: RangeError,
    code: option,
    says: `Expected options.root to be an integer from 0 to 2, but received ${root}`,
  })),
  {
    does: 'the mean of nothing',
    run: () => comm.mean(f32(1), []),
    kind: TypeError,
    code: option,
    says: 'Expected parts to be a list of at least one array, but received an array of length 0',
  },
  {
    does: 'the mean of several types',
    run: () => comm.mean(f32(1), [f32(1), Float64Array.of(1)]),
    kind: TypeError,
    code: type,
    says: 'Expected parts[1] to be a Float32Array, but received a Float64Array',
  },
  {
    does: 'the mean of several lengths',
    run: () => comm.mean(f32(1), [f32(1), f32(1, 2)]),
    kind: RangeError,
    code: 'ERR_TENSOR_LENGTH',
    says: 'Expected parts[1] to have length 1, like out, but received 2',
  },
  {
    does: 'a reason that is none',
    run: () => comm.abort(new Error('no') as never),
    kind: TypeError,
    code: option,
    says: 'Expected reason to be a string, but received an Error',
  },
  ...[0, 256, 1.5].map((code) => ({
    does: `an exit code of ${code}`,
    run: () => comm.abort('why', code),
    kind: RangeError,
    code: option,
    says: `Expected code to be an integer from 1 to 255, but received ${code}`,
  })),
];
test.each(cases)('before anything is sent: $does', expectFailure);

test.each([
  ['a rank that there is not', [3, 0, 0, 1]],
  ['an array that there is not', [0, 1, 0, 1]],
  ['more than the array has', [0, 0, 1, 4]],
  ['a negative length', [0, 0, 2, -1]],
  ['no quadruple', [0, 0, 2]],
])('before anything is sent: messages with %s', async (_, numbers) => {
  const segments = Float64Array.from(numbers);
  for (const [sends, receives, where] of [
    [segments, new Float64Array(), 'sends'],
    [new Float64Array(), segments, 'receives'],
  ] as const) {
    await expect(comm.exchange([f32(1, 2, 3, 4)], sends, receives)).rejects.toThrow(
      expect.objectContaining({
        code: option,
        message: `Expected ${where} to have a rank, an array, and an offset and a length within that at index 0, but received ${numbers.join(', ')}`,
      }),
    );
  }
});

test('a promise is rejected where a call would throw', async () => {
  await expect(comm.allReduceAsync(f32(1), {} as never)).rejects.toMatchObject({ code: option });
});
