import { describe, expect, test } from 'vitest';
import {
  Adam,
  NAdam,
  ProdigyRMSprop,
  RMSprop,
  Rprop,
  ScheduleFreeAdamW,
  SGD,
} from '../../lib/index.js';
import {
  conflict,
  domain,
  expectFailure,
  type Failure,
  f32,
  invalid,
  invalidType,
  rmsprop,
} from './failure.js';

const badOptions: Failure[] = [
  {
    does: 'an option that does not exist',
    run: () => rmsprop({ alpha: 0.9 }),
    kind: TypeError,
    code: 'ERR_UNKNOWN_OPTION',
    says: 'Expected options to have only learningRate, decay, epsilon, epsilonPlacement, momentum, momentumScaling, nesterov, centered, biasCorrection, initialSquareAverage, relativeCap, clipValue, clipNorm, weightDecay, weightDecayMode, maximize, lowerBound, upperBound, averageDecay, weightDecayExclude, frozen, clipGlobalNorm, lossScale, dynamicLossScale, lossScaleGrowthInterval, onNonFinite, accumulationSteps, zeroGradients, measureNorms, stateType, dtype, masterCopy, seed, but received "alpha", which here is decay',
  },
  {
    does: 'a cap where the momentum holds rates',
    run: () => rmsprop({ relativeCap: true, momentum: 0.9, momentumScaling: 'update' }),
    ...conflict,
    says: "Expected options.relativeCap to be false where momentumScaling is 'update', but received a cap",
  },
  {
    does: 'a cap of 0',
    run: () => rmsprop({ relativeCap: 0 }),
    ...invalid,
    says: 'Expected options.relativeCap to be false, true or a finite number above 0, but received 0',
  },
  {
    does: 'a guess of nothing',
    run: () => new ProdigyRMSprop(f32(1), { learningRate: 0 }),
    ...invalid,
    says: 'Expected options.learningRate to be a finite number above 0, but received 0',
  },
  {
    does: 'a factor below 0',
    run: () => new ProdigyRMSprop(f32(1), { scheduleFactor: -1 }),
    ...invalid,
    says: 'Expected options.scheduleFactor to be a finite number of at least 0, but received -1',
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
    ...invalidType,
    says: 'Expected options to be a plain object, but received 0.01',
  },
  {
    does: 'a list of options',
    run: () => rmsprop([]),
    ...invalidType,
    says: 'Expected options to be a plain object, but received an array of length 0',
  },
  ...(
    [
      ['a map', new Map([['decay', 0.5]]), 'a Map'],
      ['a promise', Promise.resolve({ decay: 0.5 }), 'a Promise'],
      ['an heir', Object.create({ decay: 0.5 }), 'an object that inherits from another'],
      ['an optimizer', new SGD(f32(1)), 'an instance of SGD'],
      ['of a class without a name', new (class {})(), 'an object that inherits from another'],
    ] as const
  ).map(([name, options, received]) => ({
    does: `options that are ${name}`,
    run: () => rmsprop(options),
    ...invalidType,
    says: `Expected options to be a plain object, but received ${received}`,
  })),
  {
    does: 'a momentum above 1',
    run: () => new SGD(f32(1), { momentum: 1.5 }),
    ...invalid,
    says: 'Expected options.momentum to be a number from 0 to 1, but received 1.5',
  },
  ...(
    [
      [{ etaMinus: 0 }, 'etaMinus to be a number above 0 and below 1, but received 0'],
      [{ etaMinus: 1 }, 'etaMinus to be a number above 0 and below 1, but received 1'],
      [{ etaPlus: 1 }, 'etaPlus to be a finite number above 1, but received 1'],
      [{ etaPlus: Infinity }, 'etaPlus to be a finite number above 1, but received Infinity'],
    ] as const
  ).map(
    ([options, says]): Failure => ({
      does: `an Rprop with ${JSON.stringify(options)}`,
      run: () => new Rprop(f32(1), options),
      ...invalid,
      says: `Expected options.${says}`,
    }),
  ),
  ...(
    [
      [
        { beta1: 1 - 2 ** -25 },
        `beta1 to be a number from 0 to 1 - 2^-24, but received ${1 - 2 ** -25}`,
      ],
      [{ momentumDecay: -1 }, 'momentumDecay to be a finite number of at least 0, but received -1'],
    ] as const
  ).map(
    ([options, says]): Failure => ({
      does: `an NAdam with ${JSON.stringify(options)}`,
      run: () => new NAdam(f32(1), options),
      ...invalid,
      says: `Expected options.${says}`,
    }),
  ),
  ...(
    [
      [{ beta1: 1 }, 'beta1 to be a number above 0 and below 1, but received 1'],
      [{ beta1: 0 }, 'beta1 to be a number above 0 and below 1, but received 0'],
      [{ r: 5 }, 'r to be a number from 0 to 4, but received 5'],
      [{ weightLrPower: -1 }, 'weightLrPower to be a number from 0 to 4, but received -1'],
      [
        { warmUpSteps: 0.5 },
        'warmUpSteps to be an integer from 0 to 9007199254740991, but received 0.5',
      ],
      [{ weightDecayMode: 'l2' }, `weightDecayMode to be 'update', but received "l2"`],
    ] as const
  ).map(
    ([options, says]): Failure => ({
      does: `a Schedule-Free optimizer with ${JSON.stringify(options)}`,
      run: () => new ScheduleFreeAdamW(f32(1), options as object),
      ...invalid,
      says: `Expected options.${says}`,
    }),
  ),
  {
    does: 'a bias correction that is neither true nor false',
    run: () => rmsprop({ biasCorrection: 1 }),
    ...invalidType,
    says: 'Expected options.biasCorrection to be true or false, but received 1',
  },
  {
    does: 'a least step size above the largest',
    run: () => new Rprop(f32(1), { stepMin: 2, stepMax: 1 }),
    ...conflict,
    says: 'Expected options.stepMin to be at most options.stepMax, 1, but received 2',
  },
  {
    does: 'an option that does not let itself be looked at',
    run: () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      rmsprop({ decay: proxy });
    },
    ...invalidType,
    says: expect.stringContaining('but received an object that does not let itself be looked at'),
  },
  ...([Number.NaN, -1, Number.POSITIVE_INFINITY, 1e39] as const).map((learningRate) => ({
    does: `a learning rate of ${learningRate}`,
    run: () => rmsprop({ learningRate }),
    ...invalid,
    says: `Expected options.learningRate ${domain}, but received ${learningRate}`,
  })),
  {
    does: 'a learning rate in a string',
    run: () => rmsprop({ learningRate: '0.1' }),
    ...invalidType,
    says: `Expected options.learningRate ${domain}, but received "0.1"`,
  },
  {
    does: 'an option that is null',
    run: () => rmsprop({ momentum: null }),
    ...invalidType,
    says: 'Expected options.momentum to be a number from 0 to 1, but received null',
  },
  ...([1, -0.1, 1.5] as const).map((decay) => ({
    does: `a decay of ${decay}`,
    run: () => rmsprop({ decay }),
    ...invalid,
    says: `Expected options.decay to be a number of at least 0 and below 1, but received ${decay}`,
  })),
  {
    does: 'a word that is not offered',
    run: () => rmsprop({ epsilonPlacement: 'middle' }),
    ...invalid,
    says: `Expected options.epsilonPlacement to be 'inside' or 'outside', but received "middle"`,
  },
  {
    does: 'a number for a boolean',
    run: () => rmsprop({ centered: 1 }),
    ...invalidType,
    says: 'Expected options.centered to be true or false, but received 1',
  },
  {
    does: "Nesterov's momentum without momentum",
    run: () => rmsprop({ nesterov: true }),
    ...conflict,
    says: 'Expected options.momentum to be above 0 where nesterov is true, but received 0',
  },
  {
    does: "Nesterov's momentum with dampening",
    run: () => new SGD(f32(1), { momentum: 0.9, dampening: 0.1, nesterov: true }),
    ...conflict,
    says: 'Expected options.momentum to be above 0 and options.dampening to be 0 where nesterov is true, but received momentum 0.9 and dampening 0.1',
  },
  {
    does: 'a bad option of a group',
    run: () => rmsprop({}, [{ params: f32(1) }, { params: f32(1), decay: 2 }]),
    ...invalid,
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

describe('an optimizer is not made with', () => {
  test.each(badOptions)('$does', (failure) => expectFailure(failure));
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
  test.each<Failure>([
    {
      does: 'to what it cannot be',
      run: set('learningRate', Number.NaN),
      ...invalid,
      says: `Expected params[1].learningRate ${domain}, but received NaN`,
    },
    {
      does: 'to patterns that match no name',
      run: set('weightDecayExclude', ['0', '1']),
      kind: RangeError,
      code: 'ERR_NO_MATCH',
      says: 'Expected params[1].weightDecayExclude to have patterns of which each matches the name of a tensor, but received "1"',
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
      ...conflict,
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
