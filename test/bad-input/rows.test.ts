import { describe, expect, test } from 'vitest';
import { configure, RMSprop, Rprop, ScheduleFreeAdamW, SGD } from '../../lib/index.js';
import { detached, engines, expectFailure, f32 } from './failure.js';
import { type BadPart, expectBadPart, type Optimizer } from './part.js';

const rows = (optimizer: Optimizer, numbers: unknown, gradients: unknown) =>
  optimizer.stepRows('weights', numbers as Int32Array, gradients as Float32Array);

const badRows: BadPart[] = [
  {
    does: 'rows in a plain array',
    run: (optimizer) => rows(optimizer, [0], f32(1)),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected the rows of params.weights to be an Int32Array or a Uint32Array, but received an array of length 1',
  },
  {
    does: 'rows that could have fractions',
    run: (optimizer) => rows(optimizer, f32(0.5), f32(1)),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected the rows of params.weights to be an Int32Array or a Uint32Array, but received a Float32Array',
  },
  {
    does: 'no gradients of rows',
    run: (optimizer) => rows(optimizer, Int32Array.of(0), null),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected the gradients of rows of params.weights to be a Float32Array, but received null',
  },
  {
    does: 'detached gradients of rows',
    run: (optimizer) => rows(optimizer, Int32Array.of(0), detached(1)),
    kind: RangeError,
    code: 'ERR_TENSOR_DETACHED',
    says: 'Expected the rows of params.weights and their gradients to have their memory, but received a detached buffer',
  },
  {
    does: 'gradients that are no whole rows',
    run: (optimizer) => rows(optimizer, Int32Array.of(0, 1), f32(1, 1, 1)),
    kind: RangeError,
    code: 'ERR_TENSOR_LENGTH',
    says: 'Expected the gradients of 2 rows of params.weights to have a length that is a multiple of that, but received 3',
  },
  {
    does: 'rows of no numbers',
    run: (optimizer) => rows(optimizer, Int32Array.of(0, 1), f32()),
    kind: RangeError,
    code: 'ERR_TENSOR_LENGTH',
    says: 'Expected the gradients of 2 rows of params.weights to have a length that is a multiple of that, but received 0',
  },
  {
    does: 'gradients of no rows',
    run: (optimizer) => rows(optimizer, new Int32Array(0), f32(1)),
    kind: RangeError,
    code: 'ERR_TENSOR_LENGTH',
    says: 'Expected the gradients of 0 rows of params.weights to have a length that is a multiple of that, but received 1',
  },
  {
    does: 'rows that do not divide the tensor',
    run: (optimizer) => rows(optimizer, Int32Array.of(0), f32(1, 1)),
    kind: RangeError,
    code: 'ERR_TENSOR_LENGTH',
    says: 'Expected rows of 2 numbers to divide params.weights, of length 3, but received a remainder',
  },
  {
    does: 'a row after the last one',
    run: (optimizer) => rows(optimizer, Uint32Array.of(2, 3), f32(1, 1)),
    kind: RangeError,
    code: 'ERR_ROW_RANGE',
    says: 'Expected rows of params.weights from 0 to 2, but received 3',
  },
  {
    does: 'a row before the first one',
    run: (optimizer) => rows(optimizer, Int32Array.of(2, -1), f32(1, 1)),
    kind: RangeError,
    code: 'ERR_ROW_RANGE',
    says: 'Expected rows of params.weights from 0 to 2, but received -1',
  },
  {
    does: 'gradients of rows that are the parameter itself',
    run: (optimizer, params) => rows(optimizer, Int32Array.of(0), params.weights.subarray(1, 2)),
    kind: RangeError,
    code: 'ERR_TENSOR_OVERLAP',
    says: 'Expected grads.weights to have memory of its own, but received memory shared with params.weights',
  },
];

describe.each(engines)('on %s', (isa) => {
  describe('a tensor that gets this throws, and nothing has changed', () => {
    test.each(badRows)('$does', (bad) => expectBadPart(isa, bad));
  });

  test('rows that stand in another parameter, or behind another buffer object, are refused', () => {
    configure({ isa });
    const [w, v] = [0, 1].map(() => new Float32Array(new SharedArrayBuffer(8))) as [
      Float32Array<SharedArrayBuffer>,
      Float32Array<SharedArrayBuffer>,
    ];
    const optimizer = new SGD([w, v]);
    for (const [i, own] of [w, v].entries()) {
      expectFailure({
        does: '',
        run: () => optimizer.stepRows(0, new Uint32Array(own.buffer, 4), f32(1)),
        kind: RangeError,
        code: 'ERR_TENSOR_OVERLAP',
        says: `Expected the list of rows of params[0] to have memory of its own, but received memory shared with params[${i}]`,
      });
      if (isa === 'typescript') continue;
      const clone = new Uint32Array(structuredClone(own.buffer));
      expect(() => optimizer.stepRows(0, clone, f32(1, 1))).toThrow(
        expect.objectContaining({ code: 'ERR_TENSOR_OVERLAP' }),
      );
    }
    expect([w, v]).toEqual([new Float32Array(2), new Float32Array(2)]);
    // Beside a parameter there is room.
    const memory = new ArrayBuffer(16);
    const beside = new SGD([new Float32Array(memory, 4, 2)]);
    for (const at of [0, 12]) {
      beside.stepRows(0, new Uint32Array(memory, at, 1), f32(1));
      beside.endStep();
    }
  });

  test('rows of a tensor that has none are refused, and none of them are not', () => {
    configure({ isa });
    const optimizer = new SGD([f32()]);
    expectFailure({
      does: '',
      run: () => optimizer.stepRows(0, Uint32Array.of(3), f32(1)),
      kind: RangeError,
      code: 'ERR_ROW_RANGE',
      says: 'Expected no rows of params[0], which has length 0, but received 3',
    });
    optimizer.stepRows(0, Uint32Array.of(), f32());
    expect(optimizer.endStep().updated).toBe(true);
  });
});

test.each(engines)('on %s, rows of some tensors cannot do without the others', (isa) => {
  configure({ isa });
  const refused = (optimizer: { stepRows(name: number, ...rest: unknown[]): void }, says: string) =>
    expectFailure({
      does: '',
      run: () => optimizer.stepRows(0, Int32Array.of(0), f32(1)),
      kind: RangeError,
      code: 'ERR_ROWS_UNSUPPORTED',
      says,
    });
  const w = f32(1, 2);
  refused(
    new Rprop([w]) as never,
    'Expected a whole gradient for params[0], which Rprop needs, but received some rows',
  );
  refused(
    new ScheduleFreeAdamW([w]) as never,
    'Expected a whole gradient for params[0], which ScheduleFreeAdamW needs, but received some rows',
  );
  refused(
    new RMSprop([w], { stateType: 'uint8' }) as never,
    'Expected rows of params[0] to be multiples of 256 numbers, which share a scale in its states, but received 1',
  );
  expect(w).toEqual(f32(1, 2));
});
