import { describe, expect, test } from 'vitest';
import { NAdam, type StateDict } from '../../lib/index.js';
import { expectFailure, f32, trained } from './failure.js';

describe('a state is not loaded', () => {
  type Edit = (dict: StateDict) => unknown;
  const edited = (edit: Edit) => () => {
    const { params, optimizer } = trained();
    const before = structuredClone({ params, state: optimizer.stateDict() });
    try {
      optimizer.loadStateDict(edit(optimizer.stateDict()) as StateDict);
    } finally {
      expect({ params, state: optimizer.stateDict() }).toEqual(before);
    }
  };
  // biome-ignore lint/suspicious/noExplicitAny: the edits are wrong on purpose
  const change = (edit: (dict: any) => void) =>
    edited((dict) => {
      edit(dict);
      return dict;
    });
  const first = 'state.groups[0].tensors[0]';
  test.each<[string, () => void, typeof TypeError | typeof RangeError, string, string]>([
    [
      'of another rule',
      change((d) => {
        d.rule = 'Adam';
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      'Expected state.rule to be "RMSprop", but received "Adam"',
    ],
    [
      'of another format',
      change((d) => {
        d.format = 2;
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      'Expected state.format to be 1, but received 2',
    ],
    [
      'that is nothing',
      edited(() => undefined),
      TypeError,
      'ERR_STATE_MISMATCH',
      'Expected state to be an object, but received undefined',
    ],
    [
      'without groups',
      change((d) => {
        delete d.groups;
      }),
      TypeError,
      'ERR_STATE_MISMATCH',
      'Expected state.groups to be a list, but received undefined',
    ],
    [
      'with more groups',
      change((d) => {
        d.groups.push(d.groups[0]);
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      'Expected state.groups to have length 1, but received 2',
    ],
    [
      'with fewer tensors',
      change((d) => {
        d.groups[0].tensors.pop();
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      'Expected state.groups[0].tensors to have length 2, but received 1',
    ],
    [
      'with tensors in another order',
      change((d) => {
        d.groups[0].tensors.reverse();
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      `Expected ${first}.name to be "weights", but received "bias"`,
    ],
    [
      'with a tensor of another length',
      change((d) => {
        d.groups[0].tensors[1].state.squareAverage = new Float64Array(3);
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      'Expected state.groups[0].tensors[1].state.squareAverage to have length 2, as params.bias needs, but received 3',
    ],
    [
      'with a tensor of another type',
      change((d) => {
        d.groups[0].tensors[0].state.momentumBuffer = new Float64Array(3);
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      `Expected ${first}.state.momentumBuffer to be a Float32Array, as params.weights needs, but received a Float64Array (JSON does not keep typed arrays)`,
    ],
    [
      'without a state that its options need',
      change((d) => {
        delete d.groups[0].tensors[0].state.gradientAverage;
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      `Expected ${first}.state.gradientAverage to be there, but received none`,
    ],
    [
      'with a state that the rule does not have',
      change((d) => {
        d.groups[0].tensors[0].state.velocity = f32(1, 1, 1);
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      `Expected ${first}.state to have only squareAverage, gradientAverage, momentumBuffer, gradientSum, parameterAverage, but received "velocity"`,
    ],
    [
      'with a step that is no number of steps',
      change((d) => {
        d.groups[0].tensors[0].step = 1.5;
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      `Expected ${first}.step to be an integer from 0 to 2^53 - 2, but received 1.5`,
    ],
    [
      'with a negative step',
      change((d) => {
        d.groups[0].tensors[0].step = -1;
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      `Expected ${first}.step to be an integer from 0 to 2^53 - 2, but received -1`,
    ],
    [
      'with options that do not go together',
      change((d) => {
        d.groups[0].options.momentum = 0;
        d.groups[0].options.nesterov = true;
      }),
      RangeError,
      'ERR_CONFLICTING_OPTIONS',
      'Expected state.groups[0].options.momentum to be above 0 where nesterov is true, but received 0',
    ],
    [
      'with a bad option',
      change((d) => {
        d.groups[0].options.decay = 1;
      }),
      RangeError,
      'ERR_INVALID_OPTION',
      'Expected state.groups[0].options.decay to be a number of at least 0 and below 1, but received 1',
    ],
    [
      'without an option',
      change((d) => {
        delete d.groups[0].options.decay;
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      'Expected state.groups[0].options.decay to be there, but received none',
    ],
  ])('%s', (does, run, kind, code, says) => expectFailure({ does, run, kind, code, says }));

  const where = 'state.groups[0].tensors[0].numbers';
  test.each<[string, unknown, typeof TypeError | typeof RangeError, string]>([
    ['no numbers', undefined, TypeError, `${where} to be an object, but received undefined`],
    ['another number', { product: 1 }, RangeError, 'undefined'],
    ['a number in a string', { momentumProduct: '1' }, RangeError, '"1"'],
    ['a number out of its range', { momentumProduct: 1.5 }, RangeError, '1.5'],
    ['NaN', { momentumProduct: Number.NaN }, RangeError, 'NaN'],
    ['more digits than float32 has', { momentumProduct: 0.1 }, RangeError, '0.1'],
  ])('with %s of a tensor', (does, numbers, kind, said) => {
    const optimizer = new NAdam(f32(1, 2));
    optimizer.step(f32(1, 1));
    const before = structuredClone(optimizer.stateDict());
    const edit = optimizer.stateDict();
    Object.assign(edit.groups[0]?.tensors[0] as object, { numbers });
    const range = `${where}.momentumProduct to be a float32 number from 0 to 1, but received ${said}`;
    const says = `Expected ${kind === TypeError ? said : range}`;
    const run = () => optimizer.loadStateDict(edit);
    expectFailure({ does, run, kind, code: 'ERR_STATE_MISMATCH', says });
    expect(optimizer.stateDict()).toEqual(before);
  });
});
