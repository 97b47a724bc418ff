import { describe, expect, test } from 'vitest';
import { Adam, configure, type Isa, RMSprop, runtime, SGD, type StateDict } from '../lib/index.js';

const engines = runtime().availableIsas.filter((_, i, all) => i === 0 || i === all.length - 1);

const f32 = (...values: number[]) => Float32Array.from(values);

interface Failure {
  does: string;
  run: () => unknown;
  kind: typeof TypeError | typeof RangeError;
  code: string;
  says: string;
}

function expectFailure({ run, kind, code, says }: Failure) {
  let error: unknown;
  try {
    run();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({ code, message: says });
}

/** Options as a JavaScript caller can pass them. */
const rmsprop = (options: unknown, params: unknown = f32(1)) =>
  new RMSprop(params as Float32Array, options as object);

const domain = 'to be a finite number of at least 0';
const badOptions: Failure[] = [
  {
    does: 'an option that does not exist',
    run: () => rmsprop({ alpha: 0.9 }),
    kind: TypeError,
    code: 'ERR_UNKNOWN_OPTION',
    says: 'Expected options to have only learningRate, decay, epsilon, epsilonPlacement, momentum, momentumScaling, nesterov, centered, initialSquareAverage, weightDecay, weightDecayMode, maximize, but received "alpha", which here is decay',
  },
  {
    does: 'an option of another rule',
    run: () => rmsprop({ beta1: 0.9 }),
    kind: TypeError,
    code: 'ERR_UNKNOWN_OPTION',
    says: expect.stringContaining('but received "beta1"'),
  },
  {
    does: 'a name that every object inherits',
    run: () => rmsprop(JSON.parse('{"__proto__": 1}')),
    kind: TypeError,
    code: 'ERR_UNKNOWN_OPTION',
    says: expect.stringContaining('but received "__proto__"'),
  },
  {
    does: 'options that are no object',
    run: () => rmsprop(0.01),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected options to be a plain object, but received 0.01',
  },
  {
    does: 'a list of options',
    run: () => rmsprop([]),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected options to be a plain object, but received an array of length 0',
  },
  ...(
    [
      ['a map', new Map([['decay', 0.5]]), 'a Map'],
      ['a promise', Promise.resolve({ decay: 0.5 }), 'a Promise'],
      ['an heir', Object.create({ decay: 0.5 }), 'an object'],
    ] as const
  ).map(([name, options, received]) => ({
    does: `options that are ${name}`,
    run: () => rmsprop(options),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: `Expected options to be a plain object, but received ${received}`,
  })),
  {
    does: 'a momentum above 1',
    run: () => new SGD(f32(1), { momentum: 1.5 }),
    kind: RangeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected options.momentum to be a number from 0 to 1, but received 1.5',
  },
  {
    does: 'an option that does not let itself be looked at',
    run: () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      rmsprop({ decay: proxy });
    },
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: expect.stringContaining('but received an object that does not let itself be looked at'),
  },
  ...([Number.NaN, -1, Number.POSITIVE_INFINITY, 1e39] as const).map((learningRate) => ({
    does: `a learning rate of ${learningRate}`,
    run: () => rmsprop({ learningRate }),
    kind: RangeError,
    code: 'ERR_INVALID_OPTION',
    says: `Expected options.learningRate ${domain}, but received ${learningRate}`,
  })),
  {
    does: 'a learning rate in a string',
    run: () => rmsprop({ learningRate: '0.1' }),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: `Expected options.learningRate ${domain}, but received "0.1"`,
  },
  {
    does: 'an option that is null',
    run: () => rmsprop({ momentum: null }),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected options.momentum to be a number from 0 to 1, but received null',
  },
  ...([1, -0.1, 1.5] as const).map((decay) => ({
    does: `a decay of ${decay}`,
    run: () => rmsprop({ decay }),
    kind: RangeError,
    code: 'ERR_INVALID_OPTION',
    says: `Expected options.decay to be a number of at least 0 and below 1, but received ${decay}`,
  })),
  {
    does: 'a word that is not offered',
    run: () => rmsprop({ epsilonPlacement: 'middle' }),
    kind: RangeError,
    code: 'ERR_INVALID_OPTION',
    says: `Expected options.epsilonPlacement to be 'inside' or 'outside', but received "middle"`,
  },
  {
    does: 'a number for a boolean',
    run: () => rmsprop({ centered: 1 }),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected options.centered to be true or false, but received 1',
  },
  {
    does: "Nesterov's momentum without momentum",
    run: () => rmsprop({ nesterov: true }),
    kind: RangeError,
    code: 'ERR_CONFLICTING_OPTIONS',
    says: 'Expected options.momentum to be above 0 where nesterov is true, but received 0',
  },
  {
    does: "Nesterov's momentum with dampening",
    run: () => new SGD(f32(1), { momentum: 0.9, dampening: 0.1, nesterov: true }),
    kind: RangeError,
    code: 'ERR_CONFLICTING_OPTIONS',
    says: 'Expected options.momentum to be above 0 and options.dampening to be 0 where nesterov is true, but received momentum 0.9 and dampening 0.1',
  },
  {
    does: 'a bad option of a group',
    run: () => rmsprop({}, [{ params: f32(1) }, { params: f32(1), decay: 2 }]),
    kind: RangeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected params[1].decay to be a number of at least 0 and below 1, but received 2',
  },
  {
    does: 'an unknown option of a group',
    run: () => rmsprop({}, [{ params: f32(1), lr: 2 }]),
    kind: TypeError,
    code: 'ERR_UNKNOWN_OPTION',
    says: expect.stringMatching(
      /^Expected params\[0\] to have only .* but received "lr", which here is learningRate$/,
    ),
  },
];

const shared = new ArrayBuffer(64);
const detached = (length = 4) => {
  const array = new Float32Array(length);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
};

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
    says: `Expected params to be a Float32Array or a Float64Array, or a list, a record or groups of them, but received ${received}`,
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
    says: 'Expected params[0] to be a Float32Array or a Float64Array, but received 1',
  },
  {
    does: 'an integer array in a record',
    run: () => rmsprop({}, { 'first layer': new Int32Array(3) }),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected params["first layer"] to be a Float32Array or a Float64Array, but received an Int32Array',
  },
  {
    does: 'an object that claims to be a tensor',
    run: () => rmsprop({}, [Object.create(Float32Array.prototype)]),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: expect.stringContaining('Expected params[0] to be a Float32Array or a Float64Array'),
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

describe('an optimizer is not made with', () => {
  test.each([...badOptions, ...badParams])('$does', (failure) => expectFailure(failure));
});

type Params = { weights: Float32Array; bias: Float64Array };

/** An optimizer that has made a step, and a check that nothing of it changes. */
function trained() {
  const params: Params = { weights: f32(1, 2, 3), bias: Float64Array.of(4, 5) };
  const optimizer = new RMSprop(params, { momentum: 0.9, centered: true });
  optimizer.step({ weights: f32(1, 1, 1), bias: Float64Array.of(1, 1) });
  return { params, optimizer };
}

interface BadStep {
  does: string;
  grads: (params: Params) => unknown;
  kind: typeof TypeError | typeof RangeError;
  code: string;
  says: string;
}

const good = { weights: f32(1, 1, 1), bias: Float64Array.of(1, 1) };
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
      code: 'ERR_STEP_IN_PROGRESS',
      says: 'Expected one step at a time, but received a step from within a step',
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

describe('a hyperparameter is not set', () => {
  const set = (name: string, value: unknown) => () => {
    const optimizer = new RMSprop([{ params: f32(1), learningRate: 1 }, { params: f32(2) }]);
    const before = optimizer.stateDict();
    try {
      Reflect.set(optimizer.groups[1] as object, name, value);
    } finally {
      expect(optimizer.stateDict()).toEqual(before);
    }
  };
  const rest = { kind: RangeError, code: 'ERR_INVALID_OPTION' } as const;
  test.each<Failure>([
    {
      does: 'to what it cannot be',
      run: set('learningRate', Number.NaN),
      ...rest,
      says: `Expected params[1].learningRate ${domain}, but received NaN`,
    },
    {
      does: 'when it is read only at the start',
      run: set('initialSquareAverage', 1),
      kind: TypeError,
      code: 'ERR_READ_ONLY_OPTION',
      says: 'Expected params[1].initialSquareAverage to be set when the optimizer is made, but received a later value',
    },
    {
      does: 'when it does not go with the others',
      run: set('nesterov', true),
      kind: RangeError,
      code: 'ERR_CONFLICTING_OPTIONS',
      says: 'Expected params[1].momentum to be above 0 where nesterov is true, but received 0',
    },
  ])('$does', (failure) => expectFailure(failure));

  test('in any group, when it is wrong for one', () => {
    const optimizer = new SGD([{ params: f32(1), momentum: 0.9 }, { params: f32(1) }]);
    const before = optimizer.stateDict();
    expect(() => {
      optimizer.nesterov = true;
    }).toThrow(expect.objectContaining({ code: 'ERR_CONFLICTING_OPTIONS' }));
    expect(optimizer.stateDict()).toEqual(before);
  });

  test('when there is no memory for the state that it needs', () => {
    // Five times 1 GiB, none of it ever touched; a sixth tensor shows what a step still does.
    const big = Array.from({ length: 5 }, () => new Float32Array(new SharedArrayBuffer(2 ** 30)));
    const w = f32(1);
    const optimizer = new SGD([...big, w], { learningRate: 1 });
    const { ArrayBuffer: whole } = globalThis;
    globalThis.ArrayBuffer = class extends whole {
      constructor() {
        super(0);
        throw new RangeError('Array buffer allocation failed');
      }
    } as ArrayBufferConstructor;
    try {
      expect(() => {
        optimizer.momentum = 0.9;
      }).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY' }));
    } finally {
      globalThis.ArrayBuffer = whole;
    }
    expect(optimizer.momentum).toBe(0);
    optimizer.step([...big.map(() => null), f32(1)]);
    expect(w).toEqual(f32(0));
  });

  test('when it does not exist', () => {
    const optimizer = new Adam(f32(1));
    expect(() => Object.assign(optimizer, { lr: 1 })).toThrow(TypeError);
    expect(() => Object.assign(optimizer.groups[0] as object, { lr: 1 })).toThrow(TypeError);
  });
});

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
      'Expected state.groups[0].tensors[1].state.squareAverage to have length 2, like params.bias, but received 3',
    ],
    [
      'with a tensor of another type',
      change((d) => {
        d.groups[0].tensors[0].state.momentumBuffer = new Float64Array(3);
      }),
      RangeError,
      'ERR_STATE_MISMATCH',
      `Expected ${first}.state.momentumBuffer to be a Float32Array, like params.weights, but received a Float64Array (JSON does not keep typed arrays)`,
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
      `Expected ${first}.state to have only squareAverage, gradientAverage, momentumBuffer, but received "velocity"`,
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
});

describe('a configuration is refused', () => {
  test.each<[string, unknown, typeof TypeError | typeof RangeError, string, string]>([
    [
      'that is nothing',
      undefined,
      TypeError,
      'ERR_INVALID_OPTION',
      'Expected configuration to be a plain object, but received undefined',
    ],
    [
      'with an unknown name',
      { thread: 1 },
      TypeError,
      'ERR_UNKNOWN_OPTION',
      'Expected configuration to have only threads, isa, but received "thread"',
    ],
    [
      'with no threads',
      { threads: 0 },
      RangeError,
      'ERR_INVALID_OPTION',
      'Expected configuration.threads to be an integer from 1 to 1024, but received 0',
    ],
    [
      'with half a thread',
      { threads: 1.5 },
      RangeError,
      'ERR_INVALID_OPTION',
      'Expected configuration.threads to be an integer from 1 to 1024, but received 1.5',
    ],
    [
      'with threads in a string',
      { threads: '2' },
      TypeError,
      'ERR_INVALID_OPTION',
      'Expected configuration.threads to be an integer from 1 to 1024, but received "2"',
    ],
    [
      'with an unknown ISA',
      { isa: 'sse9' },
      RangeError,
      'ERR_INVALID_OPTION',
      expect.stringContaining('but received "sse9"'),
    ],
  ])('%s', (does, configuration, kind, code, says) => {
    const before = runtime();
    expectFailure({ does, run: () => configure(configuration as object), kind, code, says });
    expect(runtime()).toEqual(before);
  });
});
