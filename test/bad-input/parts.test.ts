import { afterEach, describe, expect, test } from 'vitest';
import { configure, type Isa, RMSprop, SGD } from '../../lib/index.js';
import type { Options } from '../variants.js';
import { detached, engines, expectFailure, f32, good, trained } from './failure.js';
import { type BadPart, expectBadPart, type Optimizer } from './part.js';

const native = engines[0] as Isa;
afterEach(() => configure({ isa: native }));

/** As a JavaScript caller can call it. */
const part = (optimizer: Optimizer, name: unknown, gradient: unknown = good.weights) =>
  optimizer.stepTensor(name as 'weights', gradient as Float32Array);

const name =
  'Expected the name of a tensor, with the number of its group where several have it, such as "weights", "bias"';

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
    test.each(badParts)('$does', (bad) => expectBadPart(isa, bad));
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
    for (const [call, run] of [
      ['stepAsync', () => optimizer.stepAsync(good)],
      ['save', () => optimizer.save('nowhere')],
      ['load', () => optimizer.load('nowhere')],
    ] as const) {
      const says = `Expected ${call}() when nothing is at work on the optimizer, but received a call before endStep()`;
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
    says: `Expected the name of a tensor, with the number of its group where several have it, such as "0/w", "1/w", "v", but received ${shown}${received}`,
  });
});
