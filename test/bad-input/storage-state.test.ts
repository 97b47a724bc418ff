import { describe, expect, test } from 'vitest';
import { RMSprop, SGD, type StateDict } from '../../lib/index.js';
import type { MemoryArray } from '../../lib/tensor.js';
import { conflict, expectFailure, type Failure, invalid, mismatch } from './failure.js';

describe('a state is not loaded', () => {
  const at = 'state.groups[0].tensors[0].state';
  const json = '(JSON does not keep typed arrays)';
  // biome-ignore lint/suspicious/noExplicitAny: the edits are wrong on purpose
  type Edit = (group: any, state: { [name: string]: MemoryArray }) => void;
  test.each<Omit<Failure, 'run'> & { edit: Edit }>([
    {
      does: 'of parameters with another dtype',
      edit: ({ options }) => {
        options.dtype = 'float16';
      },
      ...mismatch,
      says: 'Expected state.groups[0].options.dtype to be "bfloat16", but received "float16"',
    },
    {
      does: 'with a type of states that is not offered',
      edit: ({ options }) => {
        options.stateType = 'int8';
      },
      ...invalid,
      says: `Expected state.groups[0].options.stateType to be 'float32' or 'bfloat16' or 'uint8', but received "int8"`,
    },
    {
      does: 'of another type than its options say',
      edit: ({ options }) => {
        options.stateType = 'bfloat16';
      },
      ...mismatch,
      says: `Expected ${at}.squareAverage to be a Uint16Array of bfloat16, as params[0] needs, but received a Uint8Array ${json}`,
    },
    {
      does: 'with numbers for codes',
      edit: (_, state) => {
        state.squareAverage = new Float32Array(300);
      },
      ...mismatch,
      says: `Expected ${at}.squareAverage to be a Uint8Array, as params[0] needs, but received a Float32Array ${json}`,
    },
    {
      does: 'with clamped codes',
      edit: (_, state) => {
        state.squareAverage = new Uint8ClampedArray(300) as never;
      },
      ...mismatch,
      says: `Expected ${at}.squareAverage to be a Uint8Array, as params[0] needs, but received a Uint8ClampedArray ${json}`,
    },
    {
      does: 'with too few codes',
      edit: (_, state) => {
        state.squareAverage = new Uint8Array(299);
      },
      ...mismatch,
      says: `Expected ${at}.squareAverage to have length 300, as params[0] needs, but received 299`,
    },
    {
      does: 'without scales',
      edit: (_, state) => {
        delete state.squareAverageScale;
      },
      ...mismatch,
      says: `Expected ${at}.squareAverageScale to be there, but received none`,
    },
    {
      does: 'with scales of another type',
      edit: (_, state) => {
        state.squareAverageScale = new Float64Array(2);
      },
      ...mismatch,
      says: `Expected ${at}.squareAverageScale to be a Float32Array, as params[0] needs, but received a Float64Array ${json}`,
    },
    {
      does: 'with a scale for each number',
      edit: (_, state) => {
        state.squareAverageScale = new Float32Array(300);
      },
      ...mismatch,
      says: `Expected ${at}.squareAverageScale to have length 2, as params[0] needs, but received 300`,
    },
    ...[-1, -0, Number.NaN, Number.POSITIVE_INFINITY].map((scale) => ({
      does: `with the scale ${Object.is(scale, -0) ? '-0' : scale}`,
      edit: (_: unknown, state: Record<string, unknown>) => {
        (state.squareAverageScale as Float32Array)[1] = scale;
      },
      ...mismatch,
      says: `Expected ${at}.squareAverageScale to hold finite numbers of at least 0, but received ${Object.is(scale, -0) ? '-0' : scale}`,
    })),
    {
      does: 'with the scales alone of a state that it can do without',
      edit: (_, state) => {
        state.momentumBufferScale = new Float32Array(2);
      },
      ...mismatch,
      says: `Expected ${at}.momentumBuffer to be there, but received none`,
    },
    {
      does: 'with the codes alone of a state that it can do without',
      edit: (_, state) => {
        state.momentumBuffer = new Uint8Array(300);
      },
      ...mismatch,
      says: `Expected ${at}.momentumBufferScale to be there, but received none`,
    },
    {
      does: 'without the copy of the parameters',
      edit: (_, state) => {
        delete state.masterCopy;
      },
      ...mismatch,
      says: `Expected ${at}.masterCopy to be there, but received none`,
    },
    {
      does: 'with a copy of the parameters that its options do not want',
      edit: ({ options }) => {
        options.masterCopy = false;
      },
      ...mismatch,
      says: expect.stringContaining('but received "masterCopy"'),
    },
    {
      does: 'with a copy of the parameters of 16 bits',
      edit: (_, state) => {
        state.masterCopy = new Uint16Array(300);
      },
      ...mismatch,
      says: `Expected ${at}.masterCopy to be a Float32Array, as params[0] needs, but received a Uint16Array ${json}`,
    },
    {
      does: 'with a bad seed',
      edit: ({ options }) => {
        options.seed = -1;
      },
      ...invalid,
      says: 'Expected state.groups[0].options.seed to be an integer from 0 to 4294967295, but received -1',
    },
  ])('$does', ({ edit, ...failure }) => {
    // 300 numbers are a whole block and part of another.
    const params = [new Uint16Array(300).fill(0x3f80)];
    const options = { dtype: 'bfloat16', stateType: 'uint8', masterCopy: true } as const;
    const optimizer = new RMSprop(params, options);
    optimizer.step([new Uint16Array(300).fill(0x3f80)]);
    const before = structuredClone({ params, state: optimizer.stateDict() });
    const dict = optimizer.stateDict();
    const group = dict.groups[0] as StateDict['groups'][number];
    edit(group, group.tensors[0]?.state as { [name: string]: MemoryArray });
    expectFailure({ ...failure, run: () => optimizer.loadStateDict(dict) });
    expect({ params, state: optimizer.stateDict() }).toEqual(before);
  });

  test('that is narrow, for a Float64Array', () => {
    const optimizer = new SGD(Float64Array.of(1));
    const dict = optimizer.stateDict();
    (dict.groups[0]?.options as { stateType: string }).stateType = 'uint8';
    expectFailure({
      does: '',
      run: () => optimizer.loadStateDict(dict),
      ...conflict,
      says: `Expected state.groups[0].options.stateType to be 'float32' for params, but received 'uint8' for a Float64Array`,
    });
    expect(optimizer.stateType).toBe('float32');
  });
});
