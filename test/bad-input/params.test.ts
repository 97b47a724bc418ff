import { describe, expect, test } from 'vitest';
import { configure, type Isa, RMSprop } from '../../lib/index.js';
import { detached, engines, expectFailure, type Failure, f32, rmsprop } from './failure.js';

const shared = new ArrayBuffer(64);
const badParams: Failure[] = [
  ...(
    [
      ['nothing', undefined, 'undefined'],
      ['null', null, 'null'],
      ['a number', 3, '3'],
      ['a symbol', Symbol('x'), 'a symbol'],
      ['a function', () => 1, 'a function'],
      ['a DataView', new DataView(shared), 'a DataView'],
      ['an integer array', new Uint16Array(2), 'a Uint16Array'],
    ] as const
  ).map(([does, params, received]) => ({
    does,
    run: () => new RMSprop(params as unknown as Float32Array),
    kind: TypeError,
    code: 'ERR_INVALID_PARAMS',
    says: `Expected params to be a Float32Array, Float64Array or, with the option dtype, Uint16Array, or a list, a record or groups of them, but received ${received}`,
  })),
  {
    does: 'an empty list',
    run: () => rmsprop({}, []),
    kind: TypeError,
    code: 'ERR_INVALID_PARAMS',
    says: 'Expected params to hold at least one tensor, but received an array of length 0',
  },
  {
    does: 'an empty record',
    run: () => rmsprop({}, {}),
    kind: TypeError,
    code: 'ERR_INVALID_PARAMS',
    says: 'Expected params to hold at least one tensor, but received an object',
  },
  {
    does: 'a map',
    run: () => rmsprop({}, new Map([['w', f32(1)]])),
    kind: TypeError,
    code: 'ERR_INVALID_PARAMS',
    says: 'Expected params to hold at least one tensor, but received a Map',
  },
  {
    does: 'a plain array of numbers',
    run: () => rmsprop({}, [1, 2, 3]),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected params[0] to be a Float32Array, Float64Array or, with the option dtype, Uint16Array, but received 1',
  },
  {
    does: 'an integer array in a record',
    run: () => rmsprop({}, { 'first layer': new Int32Array(3) }),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected params["first layer"] to be a Float32Array, Float64Array or, with the option dtype, Uint16Array, but received an Int32Array',
  },
  {
    does: 'an object that claims to be a tensor',
    run: () => rmsprop({}, [Object.create(Float32Array.prototype)]),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: expect.stringContaining(
      'Expected params[0] to be a Float32Array, Float64Array or, with the option dtype, Uint16Array',
    ),
  },
  {
    does: 'a group without params among groups',
    run: () => rmsprop({}, [{ params: f32(1) }, f32(1)]),
    kind: TypeError,
    code: 'ERR_INVALID_PARAMS',
    says: 'Expected params[1] to be a group with params, like params[0], but received a Float32Array',
  },
  {
    does: 'a hole among groups',
    // biome-ignore lint/suspicious/noSparseArray: the hole is the point
    run: () => rmsprop({}, [{ params: f32(1) }, , { params: f32(1) }]),
    kind: TypeError,
    code: 'ERR_INVALID_PARAMS',
    says: 'Expected params[1] to be a group with params, like params[0], but received undefined',
  },
  {
    does: 'more tensors than one call can take',
    run: () => rmsprop({}, new Array(16385).fill(f32())),
    kind: RangeError,
    code: 'ERR_INVALID_PARAMS',
    says: 'Expected params to hold at most 16384 tensors, but received 16385',
  },
  {
    does: 'shared memory behind two buffer objects',
    run: () => {
      configure({ isa: engines[0] as Isa });
      const buffer = new SharedArrayBuffer(16);
      rmsprop({}, [new Float32Array(buffer), new Float32Array(structuredClone(buffer))]);
    },
    kind: RangeError,
    code: 'ERR_TENSOR_OVERLAP',
    says: 'Expected params to have memory of its own, but received memory shared with a parameter',
  },
  {
    does: 'a detached buffer',
    run: () => rmsprop({}, { w: detached() }),
    kind: RangeError,
    code: 'ERR_TENSOR_DETACHED',
    says: 'Expected params.w to have its memory, but received a detached buffer',
  },
  {
    does: 'the same tensor twice',
    run: () => {
      const w = f32(1, 2);
      rmsprop({}, { a: w, b: w });
    },
    kind: RangeError,
    code: 'ERR_TENSOR_OVERLAP',
    says: 'Expected params.b to have memory of its own, but received memory shared with params.a',
  },
  {
    does: 'overlapping views of different types in different groups',
    run: () =>
      rmsprop({}, [
        { params: new Float32Array(shared, 0, 5) },
        { params: [new Float64Array(shared, 16, 2)] },
      ]),
    kind: RangeError,
    code: 'ERR_TENSOR_OVERLAP',
    says: 'Expected params[1][0] to have memory of its own, but received memory shared with params[0]',
  },
];

describe('an optimizer is not made for', () => {
  test.each(badParams)('$does', (failure) => expectFailure(failure));
});
