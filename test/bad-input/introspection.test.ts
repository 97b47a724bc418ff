import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { jsonLines, SGD } from '../../lib/index.js';
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

const badLogs: Failure[] = [
  ...[undefined, null, 3, {}, new URL('https://example.org/run.jsonl')].map((destination) => ({
    does: `a log for ${destination}`,
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
  ...[undefined, 3, [1], new Map()].map((record) => ({
    does: `a line for ${record}`,
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
  ...[{ big: 1n }, circle].map((record) => ({
    does: `a line with a ${'big' in record ? 'bigint' : 'circle'}`,
    run: () => jsonLines(new PassThrough()).write(record),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: expect.stringMatching(/^Expected record to hold what JSON keeps, but received /),
  })),
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
