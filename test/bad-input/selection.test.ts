import { describe, test } from 'vitest';
import { expectFailure, type Failure, f32, rmsprop } from './failure.js';

const patterns = 'to be a list of patterns of names, which are strings';

const unseen = 'an object that does not let itself be looked at';
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}

function unreadable(): object {
  const get = () => {
    throw new Error('no');
  };
  return new Proxy([], { get });
}

const badPatterns: Failure[] = [
  ...(['frozen', 'weightDecayExclude'] as const).flatMap((option) =>
    (
      [
        ['a word', () => '*bias', TypeError, '"*bias"'],
        ['null', () => null, TypeError, 'null'],
        ['an object', () => ({}), TypeError, 'an object'],
        ['an object like a list', () => ({ 0: '*', length: 1 }), TypeError, 'an object'],
        ['a set', () => new Set(['*']), TypeError, 'a Set'],
        ['a typed array', () => f32(1), TypeError, 'a Float32Array'],
        ['a revoked proxy', revoked, TypeError, unseen],
        ['a list that throws', unreadable, RangeError, `${unseen} at index 0`],
        ['a regular expression', () => ['*', /bias/], RangeError, 'a RegExp at index 1'],
        ['a hole', () => new Array(2), RangeError, 'undefined at index 0'],
      ] as const
    ).map(
      ([name, list, kind, received]): Failure => ({
        does: `${name} for ${option}`,
        run: () => rmsprop({ [option]: list() }, { bias: f32(1) }),
        kind,
        code: 'ERR_INVALID_OPTION',
        says: `Expected options.${option} ${patterns}, but received ${received}`,
      }),
    ),
  ),
  {
    does: 'a pattern that matches no name',
    run: () =>
      rmsprop({ frozen: ['w', '*bais'] }, [
        { params: { w: f32(1) } },
        { params: { bias: f32(1) } },
      ]),
    kind: RangeError,
    code: 'ERR_NO_MATCH',
    says: 'Expected options.frozen to have patterns of which each matches the name of a tensor, but received "*bais"',
  },
  {
    does: 'a pattern of a group that matches a name of another one only',
    run: () =>
      rmsprop({}, [{ params: { w: f32(1) }, frozen: ['bias'] }, { params: { bias: f32(1) } }]),
    kind: RangeError,
    code: 'ERR_NO_MATCH',
    says: 'Expected params[0].frozen to have patterns of which each matches the name of a tensor, but received "bias"',
  },
];

describe('an optimizer is not made with', () => {
  test.each(badPatterns)('$does', (failure) => expectFailure(failure));
});
