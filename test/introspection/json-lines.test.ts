import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { jsonLines, SGD } from '../../lib/index.js';

const folder = mkdtempSync(join(tmpdir(), 'rmsprop-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
  return () => vi.restoreAllMocks();
});
const time = 1_700_000_000_000;

const one = (x = 1) => Float32Array.of(x);
const linesOf = (text: string) => {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
};

/** Two steps, the second with a report and an infinite gradient, and a line of the caller's. */
function train(log: ReturnType<typeof jsonLines>) {
  const optimizer = new SGD([{ params: { w: one(4) } }, { params: one(), learningRate: 0.5 }], {
    learningRate: 0.25,
    measureNorms: true,
  });
  const end = optimizer.onStep(log, { reportEvery: 2 });
  optimizer.step([{ w: one(3) }, one(4)]);
  optimizer.step([{ w: one(Number.NEGATIVE_INFINITY) }, null]);
  log.write({
    step: 2,
    loss: Number.NaN,
    losses: Float64Array.of(1, Number.NEGATIVE_INFINITY),
    none: undefined,
  });
  end();
}

const told = [
  { time, step: 1, updated: true, learningRates: [0.25, 0.5], gradientNorm: 5 },
  {
    time,
    step: 2,
    updated: true,
    learningRates: [0.25, 0.5],
    gradientNorm: 'NaN',
    report: [
      {
        group: 0,
        name: 'w',
        gradientNorm: 'NaN',
        updateNorm: 'NaN',
        parameterNorm: 'NaN',
        zeroUpdateFraction: 0,
        largestRate: 'NaN',
      },
    ],
  },
  { time, step: 2, loss: 'NaN', losses: [1, '-Infinity'] },
];

test('a file has every line as it comes, and lines are added to those that are there', async () => {
  const path = join(folder, 'run.jsonl');
  const log = jsonLines(path);
  train(log);
  expect(linesOf(readFileSync(path, 'utf8'))).toEqual(told);
  await log.flush();
  await log.close();
  await log.close();
  await log.flush();
  const again = jsonLines(pathToFileURL(path));
  again.write({ time: 3 });
  await again.close();
  expect(linesOf(readFileSync(path, 'utf8'))).toEqual([...told, { time: 3 }]);
});

test('a stream gets every line, and is left open', async () => {
  const stream = new PassThrough();
  const log = jsonLines(stream);
  train(log);
  await log.flush();
  await log.close();
  expect(stream.writableEnded).toBe(false);
  expect(stream.listenerCount('error')).toBe(0);
  expect(linesOf(stream.read().toString())).toEqual(told);
});

/** What each of these gives in a line. */
const kept: [what: string, record: object, line: object][] = [
  [
    'numbers that are not finite',
    { a: [Number.NaN, Number.POSITIVE_INFINITY, -0] },
    { a: ['NaN', 'Infinity', 0] },
  ],
  ['boxed ones', { a: [Object(Number.NaN), Object(1), Object('x')] }, { a: ['NaN', 1, 'x'] }],
  ['typed arrays', { a: Int8Array.of(1, -1), b: new Float32Array() }, { a: [1, -1], b: [] }],
  ['no value', { a: undefined, b: () => 1, c: Symbol('c'), d: [undefined] }, { d: [null] }],
  ['dates', { a: new Date(0) }, { a: '1970-01-01T00:00:00.000Z' }],
  ['toJSON', { a: { toJSON: () => Number.NaN }, b: { toJSON: () => undefined } }, { a: 'NaN' }],
  [
    'instances of classes',
    {
      a: new (class {
        b = 1;
      })(),
    },
    { a: { b: 1 } },
  ],
  ['objects without a prototype', Object.assign(Object.create(null), { a: {} }), { a: {} }],
  ['empty objects', { a: {}, b: [] }, { a: {}, b: [] }],
  ['text of more than one line', { 'a\n': 'b\n\u2028\ud800' }, { 'a\n': 'b\n\u2028\ud800' }],
  [
    'a key that sets prototypes',
    JSON.parse('{"__proto__":{"a":1}}'),
    JSON.parse('{"__proto__":{"a":1}}'),
  ],
];

test.each(kept)('%s are one line', (_, record, line) => {
  const stream = new PassThrough();
  jsonLines(stream).write(record);
  const [own, ...others] = linesOf(stream.read().toString());
  expect(others).toEqual([]);
  expect(JSON.stringify(own)).toBe(JSON.stringify({ time, ...line }));
});

test('many logs of one stream listen once, and all are told that it fails', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  const stream = new PassThrough();
  const logs = Array.from({ length: 20 }, () => jsonLines(stream));
  expect(stream.listenerCount('error')).toBe(1);
  await logs.pop()?.close();
  expect(stream.listenerCount('error')).toBe(1);
  stream.emit('error', new Error('broken'));
  for (const log of logs) {
    await expect(log.flush()).rejects.toMatchObject({ code: 'ERR_LOG_WRITE' });
  }
  const later = jsonLines(stream);
  await later.close();
  await new Promise(setImmediate);
  process.off('warning', warn);
  expect(warnings).toEqual([]);
});

const failing = () => {
  let count = 0;
  return new Writable({
    write: (_chunk, _encoding, done) =>
      setImmediate(() => done(++count === 2 ? new Error('full') : null)),
  });
};

const failures: { does: string; make: () => string | Writable; reason: unknown }[] = [
  { does: 'a stream that fails', make: failing, reason: 'full' },
  {
    does: 'a stream that was ended',
    make: () => new PassThrough().end(),
    reason: 'write after end',
  },
  {
    does: 'a stream that was destroyed',
    make: () => new PassThrough().destroy(),
    reason: expect.any(String),
  },
  ...(process.platform === 'linux'
    ? [
        {
          does: 'a disk that is full',
          make: () => '/dev/full',
          reason: expect.stringContaining('ENOSPC'),
        },
      ]
    : []),
];

test.each(failures)(
  'flush and close tell of $does, and training goes on',
  async ({ make, reason }) => {
    const log = jsonLines(make());
    train(log);
    const error = {
      name: 'RangeError',
      code: 'ERR_LOG_WRITE',
      message: expect.stringMatching(
        /^Expected every line of the log to be written, but received /,
      ),
      cause: expect.objectContaining({ message: reason }),
    };
    await expect(log.flush()).rejects.toMatchObject(error);
    train(log);
    await expect(log.close()).rejects.toMatchObject(error);
    await expect(log.close()).rejects.toMatchObject(error);
  },
);
