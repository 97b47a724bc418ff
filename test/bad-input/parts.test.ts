import { afterEach, describe, expect, test } from 'vitest';
import { configure, type Isa, RMSprop, Rprop, ScheduleFreeAdamW, SGD } from '../../lib/index.js';
import type { Options } from '../variants.js';
import { detached, engines, expectFailure, type Failure, f32, good, trained } from './failure.js';

const native = engines[0] as Isa;
afterEach(() => configure({ isa: native }));

type Optimizer = ReturnType<typeof trained>['optimizer'];
/** As a JavaScript caller can call it. */
const part = (optimizer: Optimizer, name: unknown, gradient: unknown = good.weights) =>
  optimizer.stepTensor(name as 'weights', gradient as Float32Array);

interface BadPart extends Omit<Failure, 'run'> {
  run: (optimizer: Optimizer, params: ReturnType<typeof trained>['params']) => unknown;
}

const name = 'Expected the name of a tensor, with the number of its group where several have it';

const badParts: BadPart[] = [
  {
    does: 'a name that no tensor has',
    run: (optimizer) => part(optimizer, 'w'),
    kind: RangeError,
    code: 'ERR_TENSOR_NAME',
    says: `${name}, but received "w"`,
  },
  {
    does: 'the place of a tensor in a record',
    run: (optimizer) => part(optimizer, 0),
    kind: RangeError,
    code: 'ERR_TENSOR_NAME',
    says: `${name}, but received 0`,
  },
  {
    does: 'the name of a property that every object has',
    run: (optimizer) => part(optimizer, 'constructor'),
    kind: RangeError,
    code: 'ERR_TENSOR_NAME',
    says: `${name}, but received "constructor"`,
  },
  {
    does: 'no name',
    run: (optimizer) => part(optimizer, undefined),
    kind: RangeError,
    code: 'ERR_TENSOR_NAME',
    says: `${name}, but received undefined`,
  },
  {
    does: 'no gradient',
    run: (optimizer) => optimizer.stepTensor('weights', undefined as never),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected grads.weights to be null or a Float32Array, like params.weights, but received undefined',
  },
  {
    does: 'a gradient of another type',
    run: (optimizer) => part(optimizer, 'bias', f32(1, 1)),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected grads.bias to be null or a Float64Array, like params.bias, but received a Float32Array',
  },
  {
    does: 'a gradient that is too long',
    run: (optimizer) => part(optimizer, 'weights', f32(1, 1, 1, 1)),
    kind: RangeError,
    code: 'ERR_TENSOR_LENGTH',
    says: 'Expected grads.weights to have length 3, like params.weights, but received 4',
  },
  {
    does: 'a detached gradient',
    run: (optimizer) => part(optimizer, 'weights', detached(3)),
    kind: RangeError,
    code: 'ERR_TENSOR_DETACHED',
    says: 'Expected grads.weights to have length 3, like params.weights, but received a detached buffer',
  },
  {
    does: 'the parameter itself',
    run: (optimizer, params) => part(optimizer, 'weights', params.weights),
    kind: RangeError,
    code: 'ERR_TENSOR_OVERLAP',
    says: 'Expected grads.weights to have memory of its own, but received memory shared with params.weights',
  },
];

const rows = (optimizer: Optimizer, numbers: unknown, gradients: unknown) =>
  optimizer.stepRows('weights', numbers as Int32Array, gradients as Float32Array);

badParts.push(
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
);

/** What stands in the way of another call. */
const busyCalls: { does: string; run: (optimizer: Optimizer) => unknown; what: string }[] = [
  { does: 'step', run: (o) => o.step(good), what: 'step()' },
  { does: 'stateDict', run: (o) => o.stateDict(), what: 'stateDict()' },
  { does: 'loadStateDict', run: (o) => o.loadStateDict({} as never), what: 'loadStateDict()' },
  { does: 'swapInAverages', run: (o) => o.swapInAverages(), what: 'swapInAverages()' },
  {
    does: 'a hyperparameter that needs new states',
    run: (o) => {
      o.averageDecay = 0.5;
    },
    what: 'averageDecay to be set to what needs new states',
  },
];

describe.each(engines)('on %s', (isa) => {
  describe('a tensor that gets this throws, and nothing has changed', () => {
    test.each(badParts)('$does', ({ run, ...expected }) => {
      configure({ isa });
      const { params, optimizer } = trained();
      const twin = trained();
      const weights = params.weights.slice();
      expectFailure({ ...expected, run: () => run(optimizer, params) });
      expect(params.weights).toEqual(weights);
      expect(optimizer.stateDict()).toEqual(twin.optimizer.stateDict()); // no step has begun

      // In a step that has begun, too; and it goes on.
      optimizer.stepTensor(expected.says.includes('bias') ? 'weights' : 'bias', null);
      expectFailure({ ...expected, run: () => run(optimizer, params) });
      optimizer.stepTensor(expected.says.includes('bias') ? 'bias' : 'weights', null);
      optimizer.endStep();
      twin.optimizer.step({ weights: null, bias: null });
      expect(params.weights).toEqual(weights);
      expect(optimizer.stateDict()).toEqual(twin.optimizer.stateDict());
    });
  });

  test('a second gradient for a tensor is refused', () => {
    configure({ isa });
    const { params, optimizer } = trained();
    for (const gradient of [good.weights, null]) {
      optimizer.stepTensor('weights', gradient);
      const weights = params.weights.slice();
      for (const second of [good.weights, null]) {
        expectFailure({
          does: '',
          run: () => optimizer.stepTensor('weights', second),
          kind: RangeError,
          code: 'ERR_TENSOR_TWICE',
          says: 'Expected params.weights to get one gradient in a step, but received a second one before endStep()',
        });
      }
      optimizer.endStep();
      expect(params.weights).toEqual(weights);
    }
  });

  test('a gradient over shared memory behind another buffer object is refused', () => {
    configure({ isa });
    const w = new Float32Array(new SharedArrayBuffer(8));
    const g = isa === 'typescript' ? w : new Float32Array(structuredClone(w.buffer));
    expectFailure({
      does: '',
      run: () => new SGD([w]).stepTensor(0, g),
      kind: RangeError,
      code: 'ERR_TENSOR_OVERLAP',
      says: `Expected grads[0] to have memory of its own, but received memory shared with ${isa === 'typescript' ? 'params[0]' : 'a parameter'}`,
    });
    expect(w).toEqual(new Float32Array(2));
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

  test('memory that another tensor has lost is no matter', () => {
    configure({ isa });
    const w = f32(1, 2);
    const lost = f32(3);
    const optimizer = new SGD([w, lost], { learningRate: 1 });
    structuredClone(lost.buffer, { transfer: [lost.buffer] });
    optimizer.stepTensor(0, f32(1, 1));
    expectFailure({
      does: '',
      run: () => optimizer.stepTensor(1, f32(1)),
      kind: RangeError,
      code: 'ERR_TENSOR_DETACHED',
      says: 'Expected params[1] to have length 1, like when the optimizer was made, but received a detached buffer',
    });
    expect(optimizer.endStep().updated).toBe(true);
    expect(w).toEqual(f32(0, 1));
  });
});

describe('before endStep()', () => {
  test.each(busyCalls)('$does is refused, and the step goes on', ({ run, what }) => {
    const { params, optimizer } = trained();
    const twin = trained();
    twin.optimizer.step(good);
    optimizer.stepTensor('bias', good.bias);
    expectFailure({
      does: '',
      run: () => run(optimizer),
      kind: RangeError,
      code: 'ERR_OPTIMIZER_BUSY',
      says: `Expected ${what} when nothing is at work on the optimizer, but received a call before endStep()`,
    });
    optimizer.stepTensor('weights', good.weights);
    optimizer.endStep();
    expect(params).toEqual(twin.params);
    expect(optimizer.stateDict()).toEqual(twin.optimizer.stateDict());
  });

  test('what returns a promise rejects', async () => {
    const { optimizer } = trained();
    optimizer.stepTensor('bias', null);
    const says =
      'Expected what takes time when nothing is at work on the optimizer, but received a call before endStep()';
    for (const run of [
      () => optimizer.stepAsync(good),
      () => optimizer.save('nowhere'),
      () => optimizer.load('nowhere'),
    ]) {
      await expect(run()).rejects.toMatchObject({ code: 'ERR_OPTIMIZER_BUSY', message: says });
    }
    optimizer.endStep();
    await optimizer.stepAsync(good);
  });
});

test.each(['stepAsync', 'swapInAverages'])('%s is in the way of a step by parts', async (what) => {
  const optimizer = new RMSprop([f32(1)], { averageDecay: 0.5 });
  const over = what === 'stepAsync' ? optimizer.stepAsync([f32(1)]) : optimizer.swapInAverages();
  const reason =
    what === 'stepAsync' ? 'while a promise of it is pending' : 'while averages are swapped in';
  expectFailure({
    does: '',
    run: () => optimizer.stepTensor(0, f32(1)),
    kind: RangeError,
    code: 'ERR_OPTIMIZER_BUSY',
    says: `Expected stepTensor() when nothing is at work on the optimizer, but received a call ${reason}`,
  });
  await over;
});

test('a step that was not begun cannot be closed', () => {
  const { optimizer } = trained();
  const noStep = {
    does: '',
    run: () => optimizer.endStep(),
    kind: RangeError,
    code: 'ERR_NO_OPEN_STEP',
    says: 'Expected stepTensor() before endStep(), but received no such call',
  };
  expectFailure(noStep);
  optimizer.stepTensor('weights', null);
  optimizer.endStep();
  expectFailure(noStep);
});

test.each<[Options, string]>([
  [
    { clipGlobalNorm: 1 },
    'clipGlobalNorm to be Infinity where gradients come one by one, but received 1',
  ],
  [
    { onNonFinite: 'skip' },
    `onNonFinite to be "propagate" where gradients come one by one, but received "skip"`,
  ],
  [
    { onNonFinite: 'throw' },
    `onNonFinite to be "propagate" where gradients come one by one, but received "throw"`,
  ],
  [
    { dynamicLossScale: true },
    'dynamicLossScale to be false where gradients come one by one, but received true',
  ],
])('%o needs all gradients at once', (options, says) => {
  const w = f32(1);
  const optimizer = new SGD([w], options);
  expectFailure({
    does: '',
    run: () => optimizer.stepTensor(0, f32(1)),
    kind: RangeError,
    code: 'ERR_NEEDS_WHOLE_STEP',
    says: `Expected ${says}`,
  });
  expect(w).toEqual(f32(1));
  optimizer.step([f32(1)]);
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

test.each([
  ['w', ', which several have'],
  [0, ''],
  ['2/w', ''],
  ['0/x', ''],
])('in groups, %o is the name of no tensor or of several', (name, received) => {
  const optimizer = new SGD([{ params: { w: f32(1) } }, { params: { w: f32(1), v: f32(1) } }]);
  const shown = JSON.stringify(name);
  expectFailure({
    does: '',
    run: () => optimizer.stepTensor(name, f32(1)),
    kind: RangeError,
    code: 'ERR_TENSOR_NAME',
    says: `Expected the name of a tensor, with the number of its group where several have it, but received ${shown}${received}`,
  });
});
