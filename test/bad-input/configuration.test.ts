import { describe, expect, test } from 'vitest';
import { configure, runtime } from '../../lib/index.js';
import { expectFailure } from './failure.js';

describe('a configuration is refused', () => {
  test.each<[string, unknown, typeof TypeError | typeof RangeError, string, string]>([
    [
      'that is nothing',
      undefined,
      TypeError,
      'ERR_INVALID_OPTION',
      'Expected configuration to be a plain object, but received undefined',
    ],
    [
      'with an unknown name',
      { thread: 1 },
      TypeError,
      'ERR_UNKNOWN_OPTION',
      'Expected configuration to have only threads, isa, but received "thread"',
    ],
    [
      'with no threads',
      { threads: 0 },
      RangeError,
      'ERR_INVALID_OPTION',
      'Expected configuration.threads to be an integer from 1 to 1024, but received 0',
    ],
    [
      'with half a thread',
      { threads: 1.5 },
      RangeError,
      'ERR_INVALID_OPTION',
      'Expected configuration.threads to be an integer from 1 to 1024, but received 1.5',
    ],
    [
      'with threads in a string',
      { threads: '2' },
      TypeError,
      'ERR_INVALID_OPTION',
      'Expected configuration.threads to be an integer from 1 to 1024, but received "2"',
    ],
    [
      'with an unknown ISA',
      { isa: 'sse9' },
      RangeError,
      'ERR_INVALID_OPTION',
      expect.stringContaining('but received "sse9"'),
    ],
  ])('%s', (does, configuration, kind, code, says) => {
    const before = runtime();
    expectFailure({ does, run: () => configure(configuration as object), kind, code, says });
    expect(runtime()).toEqual(before);
  });
});
