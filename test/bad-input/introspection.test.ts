import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type JsonLines, jsonLines, SGD } from '../../lib/index.js';
import { expectFailure, type Failure, f32 } from './failure.js';

const listener = () => {};
const onStep = (...given: unknown[]) => {
  const optimizer = new SGD(f32(1));
  return optimizer.onStep(...(given as [typeof listener]));
};

const badListeners: Failure[] = [
  {
    does: 'nothing',
    run: () => onStep(),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected listener to be a function, but received undefined',
  },
  {
    does: 'an object that is no function',
    run: () => onStep({ handleEvent: listener }),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected listener to be a function, but received an object',
  },
  {
    does: 'a number of steps instead of options',
    run: () => onStep(listener, 10),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected options to be a plain object, but received 10',
  },
  {
    does: 'an option that does not exist',
    run: () => onStep(listener, { every: 10 }),
    kind: TypeError,
    code: 'ERR_UNKNOWN_OPTION',
    says: 'Expected options to have only reportEvery, but received "every"',
  },
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53].map((reportEvery) => ({
    does: `reports every ${reportEvery} steps`,
    run: () => onStep(listener, { reportEvery }),
    kind: RangeError,
    code: 'ERR_INVALID_OPTION',
    says: `Expected options.reportEvery to be an integer from 1 to 2^53 - 1, but received ${reportEvery}`,
  })),
  {
    does: 'reports every "10" steps',
    run: () => onStep(listener, { reportEvery: '10' }),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected options.reportEvery to be an integer from 1 to 2^53 - 1, but received "10"',
  },
];

test.each(badListeners)('onStep refuses $does', (given) => {
  expectFailure(given);
});

const closed = () => {
  const log = jsonLines(new PassThrough());
  log.close();
  return log;
};
const circle: { own?: object } = {};
circle.own = circle;

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** What `write` throws; there is no line then. */
function writeNothing(write: (log: JsonLines) => void) {
  const stream = new PassThrough();
  try {
    write(jsonLines(stream));
  } finally {
    expect(stream.readableLength).toBe(0);
  }
}

const thrower = (thrown: unknown) => () => {
  throw thrown;
};

const lossy: [what: string, record: object, received: string, at?: string][] = [
  ['a bigint', { big: 1n }, '1n', '.big'],
  ['an array of bigints', { big: BigInt64Array.of(1n) }, '1n', '.big[0]'],
  ['a circle', circle, 'Converting circular structure to JSON'],
  ['a Map', { of: { a: new Map([['a', 1]]) } }, 'a Map', '.of.a'],
  ['a Set', { of: [[], new Set([1])] }, 'a Set', '.of[1]'],
  ['a DataView', { view: new DataView(new ArrayBuffer(8)) }, 'a DataView', '.view'],
  ['an ArrayBuffer', { memory: new ArrayBuffer(8) }, 'an ArrayBuffer', '.memory'],
  ['an Error', { error: new Error('lost') }, 'an Error', '.error'],
  ['a revoked proxy', { of: revoked() }, '.*revoked.*'],
  [
    'a getter that throws',
    Object.defineProperty({}, 'a', { enumerable: true, get: thrower(new Error('not now')) }),
    'not now',
  ],
  ['a toJSON that throws', { a: { toJSON: thrower(new Error('never')) } }, 'never'],
  ['a toJSON that throws no error', { a: { toJSON: thrower(Symbol('s')) } }, 'a symbol'],
  [
    'a toJSON that throws a revoked proxy',
    { a: { toJSON: thrower(revoked()) } },
    'an object that does not let itself be looked at',
  ],
  ['a toJSON that returns a bigint', { a: { toJSON: () => 1n } }, '1n', '.a'],
  ...(
    [
      [undefined, 'undefined'],
      [3, '3'],
      ['{}', '"{}"'],
      [[1], '[1]'],
      [null, 'null'],
    ] as const
  ).map(([value, text]): [string, object, string] => [
    `a toJSON of its own that returns ${text}`,
    { toJSON: () => value },
    `a toJSON that returns ${text.replace(/[[{}]/g, '\\$&')}`,
  ]),
];

const badLogs: Failure[] = [
  ...[
    undefined,
    null,
    3,
    {},
    new URL('https://example.org/run.jsonl'),
    { write: () => true },
    { write: () => true, on: 1, off: 1 },
    revoked(),
    {
      get write() {
        throw new Error('no');
      },
    },
  ].map((destination, i) => ({
    does: `destination ${i} of a log`,
    run: () => jsonLines(destination as never),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: expect.stringMatching(
      /^Expected destination to be a string, a URL of a file, or a stream, but received /,
    ),
  })),
  {
    does: 'a log in a folder',
    run: () => jsonLines(tmpdir()),
    kind: RangeError,
    code: 'ERR_LOG_WRITE',
    says: expect.stringMatching(/^Expected ".*" to be a file that can be written, but received E/),
  },
  {
    does: 'a log in a folder that is not there',
    run: () => jsonLines(`${tmpdir()}/none/run.jsonl`),
    kind: RangeError,
    code: 'ERR_LOG_WRITE',
    says: expect.stringContaining('ENOENT'),
  },
  {
    does: 'a path with a zero byte',
    run: () => jsonLines('run\0'),
    kind: RangeError,
    code: 'ERR_LOG_WRITE',
    says: expect.stringMatching(
      /^Expected "run.*" to be a file that can be written, but received /,
    ),
  },
  ...[undefined, 3, [1], new Map(), revoked()].map((record, i) => ({
    does: `a line for no plain object, case ${i}`,
    run: () => jsonLines(new PassThrough()).write(record as never),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: expect.stringMatching(/^Expected record to be a plain object, but received /),
  })),
  {
    does: 'no event',
    run: () => jsonLines(new PassThrough())(undefined as never),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected event to be a plain object, but received undefined',
  },
  ...lossy.map(([what, record, received, at = '']) => ({
    does: `a line with ${what}`,
    run: () => writeNothing((log) => log.write(record)),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: expect.stringMatching(
      new RegExp(
        `^Expected record${at.replace(/[[\]]/g, '\\$&')} to hold what JSON keeps, but received ${received}$`,
      ),
    ),
  })),
  ...[
    [{}, 'the step undefined'],
    [{ step: '1' }, 'the step "1"'],
    [
      {
        step: 1,
        get updated() {
          throw new Error('not now');
        },
      },
      'not now',
    ],
  ].map(([event, received]) => ({
    does: `an event with ${received}`,
    run: () => writeNothing((log) => log(event as never)),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: `Expected event to be one of onStep(), but received ${received}`,
  })),
  {
    does: 'an event with a report of something else',
    run: () => writeNothing((log) => log({ step: 1, report: [1n] } as never)),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected event.report[0] to hold what JSON keeps, but received 1n',
  },
  ...[() => closed().write({}), () => closed()({} as never)].map((run) => ({
    does: 'a line after close()',
    run,
    kind: RangeError,
    code: 'ERR_LOG_WRITE',
    says: 'Expected a line to be written before close(), but received one after it',
  })),
];

test.each(badLogs)('refuses $does', (given) => {
  expectFailure(given);
});

const badOptions = [
  {
    does: 'a report that is a number',
    options: { report: 1 },
    code: 'ERR_INVALID_OPTION',
    says: 'Expected options.report to be true or false, but received 1',
  },
  {
    does: 'no report, as null',
    options: { report: null },
    code: 'ERR_INVALID_OPTION',
    says: 'Expected options.report to be true or false, but received null',
  },
  {
    does: 'the option of a listener',
    options: { reportEvery: 1 },
    code: 'ERR_UNKNOWN_OPTION',
    says: 'Expected options to have only signal, report, but received "reportEvery"',
  },
];

describe('stepAsync changes nothing when it is given', () => {
  test.each(badOptions)('$does', async ({ options, code, says }) => {
    const p = f32(1);
    const optimizer = new SGD(p);
    const promise = optimizer.stepAsync(f32(1), options as object);
    await expect(promise).rejects.toMatchObject({ name: 'TypeError', code, message: says });
    expect(p).toEqual(f32(1));
  });
});
