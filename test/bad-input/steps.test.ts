import { describe, expect, test } from 'vitest';
import { configure, type Isa, SGD } from '../../lib/index.js';
import { detached, engines, expectFailure, f32, good, type Params, trained } from './failure.js';

interface BadStep {
  does: string;
  grads: (params: Params) => unknown;
  kind: typeof TypeError | typeof RangeError;
  code: string;
  says: string;
}

const badSteps: BadStep[] = [
  {
    does: 'nothing',
    grads: () => undefined,
    kind: TypeError,
    code: 'ERR_GRADIENT_NAMES',
    says: 'Expected grads to be a record, like params, but received undefined',
  },
  {
    does: 'a list for a record',
    grads: () => [good.weights, good.bias],
    kind: TypeError,
    code: 'ERR_GRADIENT_NAMES',
    says: 'Expected grads to be a record, like params, but received an array of length 2',
  },
  {
    does: 'a missing name',
    grads: () => ({ weights: good.weights }),
    kind: TypeError,
    code: 'ERR_GRADIENT_NAMES',
    says: 'Expected grads to have the names of params, null for none, but received none for "bias"',
  },
  {
    does: 'an extra name',
    grads: () => ({ ...good, extra: f32(1) }),
    kind: TypeError,
    code: 'ERR_GRADIENT_NAMES',
    says: 'Expected grads to have the names of params, null for none, but received also "extra"',
  },
  {
    does: 'a plain array',
    grads: () => ({ ...good, weights: [1, 1, 1] }),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected grads.weights to be null or a Float32Array, like params.weights, but received an array of length 3',
  },
  {
    does: 'a tensor of another type',
    grads: () => ({ ...good, bias: f32(1, 1) }),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected grads.bias to be null or a Float64Array, like params.bias, but received a Float32Array',
  },
  {
    does: 'a tensor that is too long, after one that is right',
    grads: () => ({ ...good, bias: new Float64Array(3) }),
    kind: RangeError,
    code: 'ERR_TENSOR_LENGTH',
    says: 'Expected grads.bias to have length 2, like params.bias, but received 3',
  },
  {
    does: 'a tensor that lies about its length',
    grads: () => {
      const bias = new Float64Array(1);
      Object.defineProperty(bias, 'length', { value: 2 });
      return { ...good, bias };
    },
    kind: RangeError,
    code: 'ERR_TENSOR_LENGTH',
    says: 'Expected grads.bias to have length 2, like params.bias, but received 1',
  },
  {
    does: 'a detached gradient',
    grads: () => ({ ...good, weights: detached(3) }),
    kind: RangeError,
    code: 'ERR_TENSOR_DETACHED',
    says: 'Expected grads.weights to have length 3, like params.weights, but received a detached buffer',
  },
  {
    does: 'a view of a resizable buffer that shrank',
    grads: () => {
      // Node 20 has resizable buffers; the type definitions of its time do not know them.
      const buffer = Reflect.construct(ArrayBuffer, [12, { maxByteLength: 12 }]);
      const weights = new Float32Array(buffer, 0, 3);
      (buffer as unknown as { resize(n: number): void }).resize(8);
      return { ...good, weights };
    },
    kind: RangeError,
    code: 'ERR_TENSOR_LENGTH',
    says: 'Expected grads.weights to have length 3, like params.weights, but received 0',
  },
  {
    does: 'a parameter as its own gradient',
    grads: ({ weights }) => ({ ...good, weights }),
    kind: RangeError,
    code: 'ERR_TENSOR_OVERLAP',
    says: 'Expected grads.weights to have memory of its own, but received memory shared with params.weights',
  },
  {
    does: 'a gradient that throws when it is read',
    grads: () => ({
      weights: good.weights,
      get bias(): Float64Array {
        throw Object.assign(new RangeError('mine'), { code: 'MINE' });
      },
    }),
    kind: RangeError,
    code: 'MINE',
    says: 'mine',
  },
];

describe.each(engines)('on %s, a step changes nothing when it is given', (isa: Isa) => {
  test.each(badSteps)('$does', ({ grads, kind, code, says }) => {
    configure({ isa });
    const { params, optimizer } = trained();
    const before = structuredClone({ params, state: optimizer.stateDict() });
    const given = grads(params);
    const run = () => optimizer.step(given as typeof good);
    expectFailure({ does: '', run, kind, code, says });
    expect({ params, state: optimizer.stateDict() }).toEqual(before);
    optimizer.step(good);
    expect(params.weights).not.toEqual(before.params.weights);
  });

  test.each(badSteps)(
    '$does, with a promise, now and later',
    async ({ grads, kind, code, says }) => {
      configure({ isa });
      const { params, optimizer } = trained();
      const before = structuredClone({ params, state: optimizer.stateDict() });
      const given = grads(params) as typeof good;
      const refusal = { name: kind.name, code, message: says };
      await expect(optimizer.stepAsync(given)).rejects.toMatchObject(refusal);
      expect({ params, state: optimizer.stateDict() }).toEqual(before);
      const results = await Promise.allSettled([
        optimizer.stepAsync(good),
        optimizer.stepAsync(given),
        optimizer.stepAsync(good),
      ]);
      expect(results).toMatchObject([{}, { reason: refusal }, { status: 'fulfilled' }]);
      expect(optimizer.stateDict().groups[0]?.tensors[0]?.step).toBe(3);
    },
  );

  test('nothing, because a parameter lost its memory', () => {
    configure({ isa });
    const { params, optimizer } = trained();
    const bias = params.bias.slice();
    structuredClone(params.weights.buffer, { transfer: [params.weights.buffer as ArrayBuffer] });
    expectFailure({
      does: '',
      run: () => optimizer.step(good),
      kind: RangeError,
      code: 'ERR_TENSOR_DETACHED',
      says: 'Expected params.weights to have length 3, like when the optimizer was made, but received a detached buffer',
    });
    expect(params.bias).toEqual(bias);
  });

  test('a gradient over the memory of another parameter', () => {
    configure({ isa });
    const buffer = new ArrayBuffer(32);
    const [a, b] = [new Float32Array(buffer, 0, 2), new Float32Array(buffer, 8, 2)];
    const optimizer = new SGD([a, b]);
    expectFailure({
      does: '',
      run: () => optimizer.step([new Float32Array(buffer, 12, 2), f32(1, 1)]),
      kind: RangeError,
      code: 'ERR_TENSOR_OVERLAP',
      says: 'Expected grads[0] to have memory of its own, but received memory shared with params[1]',
    });
    expect([...a, ...b]).toEqual([0, 0, 0, 0]);
    optimizer.step([new Float32Array(buffer, 16, 2), new Float32Array(buffer, 16, 2)]);
  });

  test('gradients whose getter makes a step itself', () => {
    configure({ isa });
    const w = f32(1);
    const optimizer = new SGD({ w });
    const grads = {
      get w(): Float32Array {
        optimizer.step({ w: f32(1) });
        return f32(1);
      },
    };
    expectFailure({
      does: '',
      run: () => optimizer.step(grads),
      kind: RangeError,
      code: 'ERR_OPTIMIZER_BUSY',
      says: 'Expected step() when nothing is at work on the optimizer, but received a call from within another',
    });
    expect(w).toEqual(f32(1));
  });
});

test('a gradient over shared memory behind another buffer object is refused, at every step', () => {
  configure({ isa: engines[0] as Isa });
  const w = new Float32Array(new SharedArrayBuffer(8));
  const g = new Float32Array(structuredClone(w.buffer));
  const optimizer = new SGD(w);
  for (let t = 0; t < 2; t++) {
    expectFailure({
      does: '',
      run: () => optimizer.step(g),
      kind: RangeError,
      code: 'ERR_TENSOR_OVERLAP',
      says: 'Expected grads to have memory of its own, but received memory shared with a parameter',
    });
  }
  expect(w).toEqual(new Float32Array(2));
});

test('the longest of overlapping gradients is found, whatever begins after it', () => {
  const buffer = new ArrayBuffer(64);
  const [long, short] = [new Float32Array(buffer, 0, 8), new Float32Array(buffer, 4, 1)];
  const optimizer = new SGD([new Float32Array(8), f32(1), new Float32Array(buffer, 24, 1)]);
  for (const isa of engines) {
    configure({ isa });
    expectFailure({
      does: '',
      run: () => optimizer.step([long, short, f32(1)]),
      kind: RangeError,
      code: 'ERR_TENSOR_OVERLAP',
      says: 'Expected params[2] to have memory of its own, but received memory shared with grads[0]',
    });
  }
});

test('a list of gradients must be an array', () => {
  expectFailure({
    does: '',
    run: () => new SGD([f32(1)]).step(f32(1) as never),
    kind: TypeError,
    code: 'ERR_GRADIENT_NAMES',
    says: 'Expected grads to be a list of length 1, like params, but received a Float32Array',
  });
});

test('a gradient too many in a group is refused', () => {
  expectFailure({
    does: '',
    run: () => new SGD([{ params: { a: f32(1) } }]).step([{ a: f32(1), x: f32(1) } as never]),
    kind: TypeError,
    code: 'ERR_GRADIENT_NAMES',
    says: 'Expected grads[0] to have the names of params[0], null for none, but received also "x"',
  });
});

test.each(engines)('on %s, a parameter that shrank is refused until it has grown back', (isa) => {
  configure({ isa });
  const buffer = Reflect.construct(ArrayBuffer, [16, { maxByteLength: 16 }]);
  const resizable = buffer as unknown as { resize(n: number): void };
  const optimizer = new SGD([new Float32Array(buffer, 0, 2), f32(1)], { learningRate: 1 });
  for (const fresh of [optimizer, new SGD([new Float32Array(buffer, 8, 2)])]) {
    resizable.resize(0);
    expectFailure({
      does: '',
      run: () => fresh.step([f32(1, 1), f32(1)].slice(0, fresh === optimizer ? 2 : 1)),
      kind: RangeError,
      code: 'ERR_TENSOR_LENGTH',
      says: 'Expected params[0] to have length 2, like when the optimizer was made, but received 0',
    });
    resizable.resize(16);
  }
  optimizer.step([f32(1, 1), f32(1)]);
  expect([...new Float32Array(buffer)]).toEqual([-1, -1, 0, 0]);
});

describe('a list of gradients must be as long as the list of parameters', () => {
  const list = new SGD([f32(1), f32(2)]);
  const groups = new SGD([{ params: [f32(1)] }, { params: { a: f32(1) } }]);
  test.each<[string, () => void, string]>([
    [
      'list',
      () => list.step([f32(1)]),
      'Expected grads to have length 2, like params, but received 1',
    ],
    [
      'groups',
      () => groups.step([[f32(1)]]),
      'Expected grads to have length 2, like params, but received 1',
    ],
    [
      'group',
      () => groups.step([[f32(1), f32(1)], { a: f32(1) }]),
      'Expected grads[0] to have length 1, like params, but received 2',
    ],
  ])('%s', (does, run, says) =>
    expectFailure({ does, run, kind: RangeError, code: 'ERR_GRADIENT_NAMES', says }),
  );
});
