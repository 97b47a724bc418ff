import { describe, expect, test } from 'vitest';
import { Adam, configure, RMSprop, SGD, type StateDict } from '../../lib/index.js';
import {
  conflict,
  detached,
  engines,
  expectFailure,
  type Failure,
  f32,
  mismatch,
  rmsprop,
} from './failure.js';

/** What each option may be, in the words of its errors, and values that it cannot be. */
const options: Record<string, { expected: string; bad: unknown[]; wide: boolean }> = {
  clipValue: {
    expected: 'a number above 0, or Infinity for none',
    bad: [0, -0, -1, 1e39, Number.NaN, Number.NEGATIVE_INFINITY],
    wide: false,
  },
  clipNorm: {
    expected: 'a number above 0, or Infinity for none',
    bad: [0, -1, 1e39, Number.NaN],
    wide: false,
  },
  clipGlobalNorm: {
    expected: 'a number above 0, or Infinity for none',
    bad: [0, -1, 1e39, Number.NaN],
    wide: true,
  },
  lossScale: {
    expected: 'a number from 2^-126 to 2^126',
    bad: [0, -1, 2 ** -127, 2 ** 127, Number.POSITIVE_INFINITY, Number.NaN],
    wide: true,
  },
  lossScaleGrowthInterval: {
    expected: 'an integer from 1 to 2^53 - 1',
    bad: [0, -1, 1.5, 2 ** 53, Number.POSITIVE_INFINITY, Number.NaN],
    wide: true,
  },
  accumulationSteps: {
    expected: 'an integer from 1 to 2^53 - 1',
    bad: [0, -1, 1.5, 2 ** 53, Number.POSITIVE_INFINITY, Number.NaN],
    wide: true,
  },
  lowerBound: {
    expected: 'a finite number, or -Infinity for none',
    bad: [Number.POSITIVE_INFINITY, -1e39, Number.NaN],
    wide: false,
  },
  upperBound: {
    expected: 'a finite number, or Infinity for none',
    bad: [Number.NEGATIVE_INFINITY, 1e39, Number.NaN],
    wide: false,
  },
  averageDecay: {
    expected: 'a number of at least 0 and below 1',
    bad: [1, -0.1, 2, Number.NaN],
    wide: false,
  },
  relativeCap: {
    expected: 'false, true or a finite number above 0',
    bad: [0, -0.1, Number.POSITIVE_INFINITY, Number.NaN],
    wide: false,
  },
  onNonFinite: {
    expected: "'propagate' or 'skip' or 'throw'",
    bad: ['ignore', ''],
    wide: true,
  },
  dynamicLossScale: { expected: 'true or false', bad: [], wide: true },
  zeroGradients: { expected: 'true or false', bad: [], wide: true },
  measureNorms: { expected: 'true or false', bad: [], wide: true },
};

/** Of the wrong type, whatever the option. */
const wrong: [value: unknown, received: string][] = [
  [null, 'null'],
  [1n, '1n'],
  [[1], 'an array of length 1'],
  [{}, 'an object'],
  [() => 1, 'a function'],
  [Symbol.iterator, 'a symbol'],
];

const rows = Object.entries(options).flatMap(([name, { expected, bad, wide }]) => {
  const of = (value: unknown, received: string, kind: typeof TypeError | typeof RangeError) => ({
    name,
    wide,
    value,
    received,
    kind,
    expected: `${name} to be ${expected}`,
  });
  const alien = expected.includes("'") ? 1 : 'yes';
  return [
    ...bad.map((value) =>
      of(
        value,
        typeof value === 'string' ? `"${value}"` : Object.is(value, -0) ? '-0' : `${value}`,
        RangeError,
      ),
    ),
    ...wrong.map(([value, received]) => of(value, received, TypeError)),
    of(alien, alien === 1 ? '1' : '"yes"', TypeError),
  ];
});

const code = 'ERR_INVALID_OPTION';

describe.each(rows)('$name: $received', ({ name, value, received, kind, expected, wide }) => {
  const says = (where: string) => `Expected ${where}.${expected}, but received ${received}`;

  test('makes no optimizer', () => {
    const run = () => rmsprop({ [name]: value });
    expectFailure({ does: '', run, kind, code, says: says('options') });
    if (wide) return;
    const ofGroup = () => rmsprop({}, [{ params: f32(1) }, { params: f32(1), [name]: value }]);
    expectFailure({ does: '', run: ofGroup, kind, code, says: says('params[1]') });
  });

  test('is not set later, and not loaded', () => {
    const optimizer = new RMSprop([{ params: f32(1) }, { params: f32(2) }], { averageDecay: 0.5 });
    const before = optimizer.stateDict();
    const set = () => Reflect.set(optimizer, name, value);
    expectFailure({ does: '', run: set, kind, code, says: says('params[0]') });
    const dict = optimizer.stateDict();
    for (const group of dict.groups) group.options[name] = value;
    const load = () => optimizer.loadStateDict(dict);
    expectFailure({ does: '', run: load, kind, code, says: says('state.groups[0].options') });
    expect(optimizer.stateDict()).toEqual(before);
  });
});

const conflicts: (Failure & { set: [name: string, value: unknown][] })[] = [
  {
    does: 'a lower bound above the upper one',
    run: () => rmsprop({ lowerBound: 1, upperBound: 0.5 }),
    set: [
      ['upperBound', 0.5],
      ['lowerBound', 1],
    ],
    ...conflict,
    says: 'Expected options.lowerBound to be at most options.upperBound, 0.5, but received 1',
  },
  {
    does: 'a dynamic scale and an error for what makes it smaller',
    run: () => rmsprop({ dynamicLossScale: true, onNonFinite: 'throw' }),
    set: [
      ['onNonFinite', 'throw'],
      ['dynamicLossScale', true],
    ],
    ...conflict,
    says: `Expected options.onNonFinite to be 'skip' or 'propagate' where dynamicLossScale is true, which skips, but received "throw"`,
  },
];

describe('options do not go together:', () => {
  test.each(conflicts)('$does', (failure) => {
    expectFailure(failure);
    const optimizer = new SGD(f32(1));
    const [[first, value], [second, other]] = failure.set as [[string, unknown], [string, unknown]];
    Reflect.set(optimizer, first, value);
    const before = optimizer.stateDict();
    const run = () => Reflect.set(optimizer, second, other);
    expectFailure({ ...failure, run });
    expect(optimizer.stateDict()).toEqual(before);
  });
});

test.each(Object.entries(options).filter(([, { wide }]) => wide))(
  '%s is not that of a group',
  (name) => {
    const optimizer = new SGD([{ params: f32(1) }, { params: f32(1) }], { accumulationSteps: 2 });
    const value: unknown = Reflect.get(optimizer, name);
    expectFailure({
      does: '',
      run: () => rmsprop({}, [{ params: f32(1) }, { params: f32(1), [name]: value }]),
      kind: TypeError,
      code: 'ERR_UNKNOWN_OPTION',
      says: `Expected params[1] to have no ${name}, which holds for all groups, but received one`,
    });
    expect(() => Object.assign(optimizer.groups[0] as object, { [name]: value })).toThrow(
      TypeError,
    );
    const dict = optimizer.stateDict();
    const other = typeof value === 'boolean' ? !value : value === 'propagate' ? 'skip' : 3;
    (dict.groups[1] as StateDict['groups'][0]).options[name] = other;
    const shown = (x: unknown) => (typeof x === 'string' ? `"${x}"` : `${x}`);
    expectFailure({
      does: '',
      run: () => optimizer.loadStateDict(dict),
      kind: RangeError,
      code: 'ERR_STATE_MISMATCH',
      says: `Expected state.groups[1].options.${name} to be ${shown(value)}, but received ${shown(other)}`,
    });
  },
);

test.each([
  ['clipvalue', 'clipValue'],
  ['clipnorm', 'clipNorm'],
  ['global_clipnorm', 'clipGlobalNorm'],
  ['max_norm', 'clipNorm or clipGlobalNorm'],
  ['ema_momentum', 'averageDecay'],
  ['use_ema', 'averageDecay'],
  ['gradient_accumulation_steps', 'accumulationSteps'],
  ['loss_scale_factor', 'lossScale'],
  ['growth_interval', 'lossScaleGrowthInterval'],
])('%s is called %s here', (name, here) => {
  expectFailure({
    does: '',
    run: () => rmsprop({ [name]: 1 }),
    kind: TypeError,
    code: 'ERR_UNKNOWN_OPTION',
    says: expect.stringContaining(`but received "${name}", which here is ${here}`),
  });
});

describe('a state is not loaded', () => {
  const at = 'state.groups[0].tensors[1].state';
  // biome-ignore lint/suspicious/noExplicitAny: the edits are wrong on purpose
  type Edit = (dict: any) => void;
  const counts = (name: string) =>
    [-1, 0.5, 2 ** 53 - 1, Number.NaN, '1', null].map((value) => ({
      does: `with ${value} ${name}`,
      edit: (({ counters }) => {
        counters[name] = value;
      }) as Edit,
      ...mismatch,
      says: `Expected state.counters.${name} to be an integer from 0 to 2^53 - 2, but received ${typeof value === 'string' ? `"${value}"` : value}`,
    }));
  test.each<Omit<Failure, 'run'> & { edit: Edit }>([
    {
      does: 'without counters',
      edit: (dict) => {
        delete dict.counters;
      },
      kind: TypeError,
      code: 'ERR_STATE_MISMATCH',
      says: 'Expected state.counters to be an object, but received undefined',
    },
    ...counts('accumulatedCalls'),
    ...counts('goodSteps'),
    ...counts('updates'),
    {
      does: 'without a sum that its options need',
      edit: ({ groups }) => {
        delete groups[0].tensors[1].state.gradientSum;
      },
      ...mismatch,
      says: `Expected ${at}.gradientSum to be there, but received none`,
    },
    {
      does: 'without a sum of the calls that it counts',
      edit: ({ groups }) => {
        groups[0].options.accumulationSteps = 1;
        delete groups[0].tensors[1].state.gradientSum;
      },
      ...mismatch,
      says: `Expected ${at}.gradientSum to be there, but received none`,
    },
    {
      does: 'without an average that its options need',
      edit: ({ groups }) => {
        delete groups[0].tensors[1].state.parameterAverage;
      },
      ...mismatch,
      says: `Expected ${at}.parameterAverage to be there, but received none`,
    },
    {
      does: 'with an average of another type',
      edit: ({ groups }) => {
        groups[0].tensors[1].state.parameterAverage = new Float32Array(2);
      },
      ...mismatch,
      says: `Expected ${at}.parameterAverage to be a Float64Array, as params[1] needs, but received a Float32Array (JSON does not keep typed arrays)`,
    },
    {
      does: 'with a sum of another length',
      edit: ({ groups }) => {
        groups[0].tensors[1].state.gradientSum = new Float64Array(3);
      },
      ...mismatch,
      says: `Expected ${at}.gradientSum to have length 2, as params[1] needs, but received 3`,
    },
  ])('$does', ({ edit, ...failure }) => {
    const params = [f32(1, 2), Float64Array.of(3, 4)];
    const optimizer = new Adam(params, { accumulationSteps: 3, averageDecay: 0.5 });
    for (let t = 0; t < 4; t++) optimizer.step([f32(1, 1), Float64Array.of(1, 1)]);
    const before = structuredClone({ params, state: optimizer.stateDict() });
    const dict = optimizer.stateDict();
    edit(dict);
    expectFailure({ ...failure, run: () => optimizer.loadStateDict(dict) });
    expect({ params, state: optimizer.stateDict() }).toEqual(before);
    // A sum that is not needed need not be there.
    const other = optimizer.stateDict();
    other.counters.accumulatedCalls = 0;
    for (const { options, tensors } of other.groups) {
      options.accumulationSteps = 1;
      for (const { state } of tensors) delete state.gradientSum;
    }
    optimizer.loadStateDict(other);
    optimizer.step([f32(1, 1), Float64Array.of(1, 1)]);
  });
});

describe.each(engines)('on %s, gradients that are set to 0', (isa) => {
  const shared = () => {
    const buffer = new ArrayBuffer(16);
    return [new Float32Array(buffer, 0, 2), new Float32Array(buffer, 4, 2)];
  };
  const failure = {
    code: 'ERR_TENSOR_OVERLAP',
    message:
      'Expected grads[1] to have memory of its own, but received memory shared with grads[0]',
  };

  test('do not share memory', async () => {
    configure({ isa });
    const params = [f32(1, 2), f32(3, 4), f32(5)];
    const optimizer = new SGD(params, { zeroGradients: true });
    const before = structuredClone(params);
    const gradients = [...shared().map((g) => g.fill(1)), f32(1)];
    expect(() => optimizer.step(gradients)).toThrow(expect.objectContaining(failure));
    await expect(optimizer.stepAsync(gradients)).rejects.toMatchObject(failure);
    const results = await Promise.allSettled([
      optimizer.stepAsync([null, null, null]),
      optimizer.stepAsync(gradients),
    ]);
    expect(results).toMatchObject([{ status: 'fulfilled' }, { reason: failure }]);
    expect(params).toEqual(before);
    expect([...(gradients[0] as Float32Array)]).toEqual([1, 1]);
    optimizer.step([gradients[0] as Float32Array, null, f32(1)]);
  });

  test('may share it when they are only read again, also by a step that waits', async () => {
    configure({ isa });
    const optimizer = new SGD([f32(1, 2), f32(3, 4)], { zeroGradients: true });
    const first = optimizer.stepAsync([f32(1, 1), f32(1, 1)]);
    optimizer.zeroGradients = false;
    await Promise.all([first, optimizer.stepAsync(shared())]);
    optimizer.step(shared());
  });
});

test('a gradient that has lost its memory is no gradient around the step either', () => {
  for (const isa of engines) {
    configure({ isa });
    const w = f32(1, 2);
    const optimizer = new SGD([w], { clipNorm: 1, accumulationSteps: 2, zeroGradients: true });
    const run = () => optimizer.step([detached(2)]);
    expect(run).toThrow(expect.objectContaining({ code: 'ERR_TENSOR_DETACHED' }));
    expect(optimizer.stateDict().counters.accumulatedCalls).toBe(0);
  }
});
