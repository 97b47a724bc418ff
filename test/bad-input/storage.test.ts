import { describe, expect, test } from 'vitest';
import {
  Adam,
  configure,
  type Isa,
  RMSprop,
  Rprop,
  ScheduleFreeRMSprop,
  SGD,
} from '../../lib/index.js';
import type { Tensor } from '../../lib/tensor.js';
import type { AnyOptimizer } from '../variants.js';
import {
  conflict,
  engines,
  expectFailure,
  type Failure,
  f32,
  invalid,
  invalidType,
  rmsprop,
} from './failure.js';

const u16 = (...codes: number[]) => Uint16Array.from(codes);
const f64 = (...values: number[]) => Float64Array.from(values);
const range = 'Expected options.seed to be an integer from 0 to 4294967295, but received';

const badOptions: Failure[] = [
  ...(['bfloat16', 'uint8'] as const).flatMap((stateType): Failure[] => [
    {
      does: `a Float64Array and ${stateType} states`,
      run: () => rmsprop({ stateType }, f64(1)),
      ...conflict,
      says: `Expected options.stateType to be 'float32' for params, but received '${stateType}' for a Float64Array`,
    },
    {
      does: `a Float64Array among others and ${stateType} states`,
      run: () => new Adam({ w: f32(1), b: f64(1) }, { stateType }),
      ...conflict,
      says: `Expected options.stateType to be 'float32' for params.b, but received '${stateType}' for a Float64Array`,
    },
    {
      does: `a Float64Array in a group with ${stateType} states`,
      run: () => rmsprop({}, [{ params: f64(1) }, { params: [f64(1)], stateType }]),
      ...conflict,
      says: `Expected params[1].stateType to be 'float32' for params[1][0], but received '${stateType}' for a Float64Array`,
    },
    {
      does: `the centred form and ${stateType} states`,
      run: () => rmsprop({ stateType, centered: true }),
      ...conflict,
      says: `Expected options.stateType to be 'float32' where centered is true, but received "${stateType}"`,
    },
    {
      does: `Rprop and ${stateType} states`,
      run: () => new Rprop(f32(1), { stateType }),
      ...conflict,
      says: `Expected options.stateType to be 'float32' for Rprop, but received "${stateType}"`,
    },
  ]),
  {
    does: 'a Schedule-Free rule and uint8 states',
    run: () => new ScheduleFreeRMSprop(f32(1), { stateType: 'uint8' }),
    ...conflict,
    says: `Expected options.stateType to be 'float32' or 'bfloat16' for a Schedule-Free optimizer, but received "uint8"`,
  },
  {
    does: 'a type of states that is not offered',
    run: () => rmsprop({ stateType: 'float16' }),
    ...invalid,
    says: `Expected options.stateType to be 'float32' or 'bfloat16' or 'uint8', but received "float16"`,
  },
  {
    does: 'a dtype that is not offered',
    run: () => rmsprop({ dtype: 'float8' }),
    ...invalid,
    says: `Expected options.dtype to be 'array' or 'bfloat16' or 'float16', but received "float8"`,
  },
  {
    does: 'a word for masterCopy',
    run: () => rmsprop({ masterCopy: 'yes' }),
    ...invalidType,
    says: 'Expected options.masterCopy to be true or false, but received "yes"',
  },
  ...[-1, 0.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY].map(
    (seed): Failure => ({
      does: `a seed of ${seed}`,
      run: () => rmsprop({ seed }),
      ...invalid,
      says: `${range} ${seed}`,
    }),
  ),
  {
    does: 'a seed that is a bigint',
    run: () => rmsprop({ seed: 1n }),
    ...invalidType,
    says: `${range} 1n`,
  },
  {
    does: 'a Uint16Array without a dtype, in a list',
    run: () => rmsprop({}, [u16(1)]),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected params[0] to be a Float32Array, Float64Array or, with the option dtype, Uint16Array, but received a Uint16Array',
  },
  {
    does: 'a Uint16Array in a group whose dtype is not that of another group',
    run: () => rmsprop({}, [{ params: [u16(1)], dtype: 'bfloat16' }, { params: [u16(1)] }]),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected params[1][0] to be a Float32Array, Float64Array or, with the option dtype, Uint16Array, but received a Uint16Array',
  },
  {
    does: 'a Uint8Array, whatever the dtype',
    run: () => rmsprop({ dtype: 'bfloat16' }, [new Uint8Array(2)]),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected params[0] to be a Float32Array, Float64Array or, with the option dtype, Uint16Array, but received a Uint8Array',
  },
];

describe('an optimizer is not made with', () => {
  test.each(badOptions)('$does', (failure) => expectFailure(failure));
});

describe.each([
  ['float16', 65520, 65519],
  ['bfloat16', 2 ** 128 - 2 ** 119, 3.39e38],
] as const)('a bound that would be infinite in %s', (dtype, beyond, within) => {
  const narrow = { w: u16(1) };
  const groups = () => [{ params: { b: f32(1) } }, { params: narrow, dtype }];
  const failure = (where: string, name: string, value: number, path = 'params[1].w') => ({
    does: '',
    ...conflict,
    says: `Expected ${where}.${name} to be finite as ${dtype}, in which ${path} is, but received ${value}`,
  });

  describe.each([
    ['upperBound', 1],
    ['lowerBound', -1],
  ] as const)('%s', (name, sign) => {
    const value = sign * beyond;

    test.each([false, true])(
      'is refused for all, for a group and for one added, masterCopy %s',
      (masterCopy) => {
        const own = { dtype, masterCopy };
        const all = () => rmsprop({ [name]: value, ...own }, narrow);
        expectFailure({ ...failure('options', name, value, 'params.w'), run: all });
        const inherited = () => rmsprop({ [name]: value }, groups());
        expectFailure({ ...failure('params[1]', name, value), run: inherited });
        const optimizer = rmsprop({}, [{ params: { b: f32(1) } }]) as unknown as AnyOptimizer;
        const add = () => optimizer.addGroup({ params: narrow, ...own, [name]: value });
        expectFailure({ ...failure('params[1]', name, value), run: add });
        expect(optimizer.groups.length).toBe(1);
      },
    );

    test('is neither set nor loaded', () => {
      const optimizer = rmsprop({}, groups());
      const before = optimizer.stateDict();
      for (const target of [optimizer, optimizer.groups[1] as object]) {
        const set = () => Reflect.set(target, name, value);
        expectFailure({ ...failure('params[1]', name, value), run: set });
      }
      const dict = optimizer.stateDict();
      for (const group of dict.groups) group.options[name] = value;
      const load = () => optimizer.loadStateDict(dict);
      expectFailure({ ...failure('state.groups[1].options', name, value), run: load });
      expect(optimizer.stateDict()).toEqual(before);
    });

    test('is good for float32, as are the largest finite one and none', () => {
      const optimizer = rmsprop({}, groups());
      Object.assign(optimizer.groups[0] as object, { [name]: value });
      for (const good of [sign * within, sign * Number.POSITIVE_INFINITY]) {
        Object.assign(optimizer, { [name]: good });
        expect(optimizer.groups[1]).toMatchObject({ [name]: good });
      }
    });
  });
});

describe('is not set later', () => {
  const later = (name: string) => ({
    kind: TypeError,
    code: 'ERR_READ_ONLY_OPTION',
    says: `Expected options.${name} to be set when the optimizer is made, but received a later value`,
  });
  test.each<Omit<Failure, 'run'> & { option: string; value: unknown }>([
    { does: 'dtype', option: 'dtype', value: 'float16', ...later('dtype') },
    { does: 'stateType', option: 'stateType', value: 'uint8', ...later('stateType') },
    { does: 'masterCopy', option: 'masterCopy', value: true, ...later('masterCopy') },
    { does: 'a seed that is none', option: 'seed', value: 0.5, ...invalid, says: `${range} 0.5` },
    {
      does: 'centered, where states are narrow',
      option: 'centered',
      value: true,
      ...conflict,
      says: `Expected options.stateType to be 'float32' where centered is true, but received "bfloat16"`,
    },
  ])('$does', ({ option, value, ...failure }) => {
    const optimizer = new RMSprop(u16(1), { dtype: 'bfloat16', stateType: 'bfloat16' });
    const before = optimizer.stateDict();
    expectFailure({ ...failure, run: () => Reflect.set(optimizer, option, value) });
    expect(optimizer.stateDict()).toEqual(before);
  });
});

/** Float16Array, where the runtime has one; the type definitions of Node 20 do not know it. */
const { Float16Array: F16 } = globalThis as { Float16Array?: { of(...values: number[]): Tensor } };

/** Gradients of the wrong array; a Uint16Array of another type cannot be told from the right one. */
const badGradients: {
  does: string;
  params: Tensor;
  dtype: string;
  grads: unknown;
  says: string;
}[] = [
  ...(['bfloat16', 'float16'] as const).flatMap((dtype) =>
    (
      [
        ['a Float32Array', f32(1, 1)],
        ['a Float64Array', f64(1, 1)],
        ['an Int16Array', new Int16Array(2)],
        ['a Uint8Array', new Uint8Array(2)],
        ['an array of length 2', [1, 1]],
        ['a DataView', new DataView(new ArrayBuffer(4))],
      ] as const
    ).map(([received, grads]) => {
      const expected =
        dtype === 'bfloat16' ? 'Uint16Array of bfloat16' : 'Float16Array or Uint16Array of float16';
      return {
        does: `${received} for ${dtype} parameters`,
        params: u16(0x3f80, 0x3f80) as Tensor,
        dtype,
        grads,
        says: `Expected grads[0] to be null or a ${expected}, like params[0], but received ${received}`,
      };
    }),
  ),
  {
    does: 'a Uint16Array for a Float32Array, whatever the dtype',
    params: f32(1, 1),
    dtype: 'bfloat16',
    grads: u16(1, 1),
    says: 'Expected grads[0] to be null or a Float32Array, like params[0], but received a Uint16Array',
  },
  ...(F16
    ? [
        {
          does: 'a Float16Array for bfloat16 parameters',
          params: u16(0x3f80, 0x3f80) as Tensor,
          dtype: 'bfloat16',
          grads: F16.of(1, 1),
          says: 'Expected grads[0] to be null or a Uint16Array of bfloat16, like params[0], but received a Float16Array',
        },
        {
          does: 'a Uint16Array of bfloat16 for a Float16Array',
          params: F16.of(1, 1),
          dtype: 'bfloat16',
          grads: u16(1, 1),
          says: 'Expected grads[0] to be null or a Float16Array or Uint16Array of float16, like params[0], but received a Uint16Array',
        },
      ]
    : []),
];

describe.each(engines)('on %s, a step changes nothing when it is given', (isa: Isa) => {
  test.each(badGradients)('$does', ({ params, dtype, grads, says }) => {
    configure({ isa });
    const own = params.slice();
    // The second tensor is right: nothing may happen to it either.
    const right = u16(0x3f80);
    const all = { dtype, stateType: 'uint8', masterCopy: true } as { stateType: 'uint8' };
    const optimizer = new Adam([own, right], all);
    optimizer.step([own.map(() => 1), right.map(() => 1)] as never);
    const before = structuredClone({ own, right, state: optimizer.stateDict() });
    const run = () => optimizer.step([grads, right.slice()] as never);
    expectFailure({ does: '', run, kind: TypeError, code: 'ERR_TENSOR_TYPE', says });
    expect({ own, right, state: optimizer.stateDict() }).toEqual(before);
  });

  test('a gradient of 16 bits that is too long', () => {
    configure({ isa });
    const w = u16(1, 2);
    const optimizer = new SGD(w, { dtype: 'float16' });
    expectFailure({
      does: '',
      run: () => optimizer.step(u16(1, 2, 3)),
      kind: RangeError,
      code: 'ERR_TENSOR_LENGTH',
      says: 'Expected grads to have length 2, like params, but received 3',
    });
    expect(w).toEqual(u16(1, 2));
  });

  test('a parameter of 16 bits as its own gradient', () => {
    configure({ isa });
    const w = u16(1, 2);
    const optimizer = new SGD([w], { dtype: 'bfloat16', masterCopy: true });
    const run = () => optimizer.step([new Uint16Array(w.buffer, 2, 1)] as never);
    expect(run).toThrow(expect.objectContaining({ code: 'ERR_TENSOR_LENGTH' }));
    expectFailure({
      does: '',
      run: () => optimizer.step([w]),
      kind: RangeError,
      code: 'ERR_TENSOR_OVERLAP',
      says: 'Expected grads[0] to have memory of its own, but received memory shared with params[0]',
    });
    expect(w).toEqual(u16(1, 2));
  });
});
