import { describe, expect, test } from 'vitest';
import { configure, type Isa, SGD } from '../../lib/index.js';
import type { MemoryArray, Tensor } from '../../lib/tensor.js';
import { codecs } from '../../lib/types/codecs.js';
import { NEAREST } from '../../lib/types/rounding.js';
import { expectFailure } from '../bad-input/failure.js';
import { difference } from '../bits.js';
import { engines } from '../engines.js';
import { possible, type Storage, storagesOf } from '../storages.js';
import { extremes, optimizers } from '../variants.js';
import { doubles, expectSameArrays, float32, stored, told } from './runs.js';

const COUNT = 7;
const WIDTH = 43; // no multiple of a vector, nor of a block
/** In no order, some of them again, and none at all. */
const given = [[4, 1, 6], [2, 2, 0, 2], [], [6, 0, 6, 1]];

/** The gradient of all rows: each number added up in the wide type, then rounded. */
function wholeOf(rows: readonly number[], gradients: Tensor, { dtype }: Storage): Tensor {
  const codec = dtype === 'array' ? undefined : codecs[dtype];
  const round = gradients instanceof Float64Array ? (x: number) => x : Math.fround;
  const View = gradients.constructor as Float32ArrayConstructor;
  return new View(COUNT * WIDTH).map((_, at) => {
    const own = [...rows.entries()].filter(([, row]) => row === Math.floor(at / WIDTH));
    const numbers = own.map(([k]) => gradients[k * WIDTH + (at % WIDTH)] as number);
    if (!codec) return numbers.length === 0 ? 0 : numbers.reduce((a, b) => round(a + b));
    if (numbers.length < 2) return numbers[0] ?? 0;
    const sum = numbers.map((code) => codec.decode(code)).reduce((a, b) => round(a + b));
    return codec.encode(sum, NEAREST);
  });
}

describe.each(engines)('on %s', (isa: Isa) => {
  describe.each(optimizers)('$name', ({ Class, rule }) => {
    test.each([
      { storage: float32, tensor: stored(float32), type: 'float32' },
      { storage: float32, tensor: doubles, type: 'float64' },
      ...storagesOf(rule).map((storage) => {
        return { storage, tensor: stored(storage), type: JSON.stringify(storage) };
      }),
    ])('$type: dense rows have the bits of a step of the whole gradient', ({ storage, tensor }) => {
      configure({ isa });
      const [options] = extremes(rule, (variant) => possible(variant, storage)).slice(-1);
      const make = () => {
        const w = tensor(COUNT * WIDTH, 1);
        return { w, optimizer: new Class([w], { ...options, ...storage, zeroGradients: true }) };
      };
      const [rowwise, whole] = [make(), make()];
      for (const [t, rows] of given.entries()) {
        const gradients = tensor(rows.length * WIDTH, 2 + t);
        whole.optimizer.step([wholeOf(rows, gradients, storage)]);
        rowwise.optimizer.stepRows(0, Uint32Array.from(rows), gradients, { dense: true });
        rowwise.optimizer.endStep();
        expect(gradients.some((g) => g !== 0)).toBe(false);
      }
      expect(difference(rowwise.w as MemoryArray, whole.w as MemoryArray)).toBeUndefined();
      const [own, expected] = [told(rowwise.optimizer), told(whole.optimizer)];
      expectSameArrays(own.states, expected.states, 'states');
      expect(own.steps).toEqual(expected.steps);
    });
  });

  test('what is wrong with dense rows throws, and nothing has changed', () => {
    configure({ isa });
    const w = Float32Array.of(1, 2, 3, 4);
    const optimizer = new SGD({ w }, { momentum: 0.9 });
    const before = optimizer.stateDict();
    const step = (rows: number[], gradients: Tensor, options: unknown) => () =>
      optimizer.stepRows('w', Int32Array.from(rows), gradients, options as never);
    const one = Float32Array.of(1, 1);
    for (const failure of [
      {
        run: step([0], one, { dense: 1 }),
        kind: TypeError,
        code: 'ERR_INVALID_OPTION',
        says: 'Expected options.dense to be true or false, but received 1',
      },
      {
        run: step([0], one, { lazy: true }),
        kind: TypeError,
        code: 'ERR_UNKNOWN_OPTION',
        says: expect.any(String),
      },
      {
        run: step([2], one, { dense: true }),
        kind: RangeError,
        code: 'ERR_ROW_RANGE',
        says: 'Expected rows of params.w from 0 to 1, but received 2',
      },
      {
        run: step([0], w.subarray(0, 2), { dense: true }),
        kind: RangeError,
        code: 'ERR_TENSOR_OVERLAP',
        says: expect.any(String),
      },
    ] as const) {
      expectFailure({ does: '', ...failure });
      optimizer.stepTensor('w', null); // a step that has begun ends
      optimizer.endStep();
    }
    expect(w).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(optimizer.stateDict().groups).toEqual(before.groups);
  });
});
