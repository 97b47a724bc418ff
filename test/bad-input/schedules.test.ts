import { describe, expect, test } from 'vitest';
import {
  Adam,
  RMSprop,
  type Schedule,
  Scheduler,
  type SchedulerState,
  SGD,
  schedules,
} from '../../lib/index.js';
import { expectFailure, f32 } from './failure.js';

type Kind = typeof TypeError | typeof RangeError;
type AnySchedule = (options: unknown) => unknown;
type Name = keyof typeof schedules;

const schedule: Schedule = () => 1;
const list = [schedule, schedule];

/** Options that each schedule takes, and, for each of its options, values that it does not. */
const domains: Record<Name, { good: object; bad: Record<string, unknown[]> }> = {
  constant: { good: {}, bad: { factor: [-0.1, Number.NaN, 1e39], steps: [0, 1.5, -1, 2 ** 53] } },
  linear: {
    good: { steps: 3 },
    bad: {
      steps: [undefined, 0, 0.5, '3'],
      start: [-1, null],
      end: [-1, Number.POSITIVE_INFINITY],
    },
  },
  step: { good: { steps: 3 }, bad: { steps: [undefined, 0, 3n], factor: [-0.1, '0.1'] } },
  multiStep: {
    good: { milestones: [3] },
    bad: {
      milestones: [
        undefined,
        null,
        3,
        new Set([3]),
        new Array(1),
        [0],
        [3, 3],
        [5, 3],
        [1.5],
        ['3'],
      ],
      factor: [-1],
    },
  },
  exponential: { good: { factor: 0.9 }, bad: { factor: [undefined, -0.9], steps: [0, 0.5] } },
  polynomial: {
    good: { steps: 3 },
    bad: { steps: [undefined, 0], power: [-1, 1001, Number.NaN], minimum: [-0.1, 1.1] },
  },
  cosine: {
    good: { steps: 3 },
    bad: { steps: [undefined, 0], minimum: [-0.1, 1.1], periodic: [1, 'yes'] },
  },
  cosineRestarts: {
    good: { steps: 3 },
    bad: { steps: [undefined, 0], multiplier: [0, 1.5], minimum: [-0.1, 1.1] },
  },
  oneCycle: {
    good: { steps: 3 },
    bad: {
      steps: [undefined, 0],
      rise: [-0.1, 1.1],
      annealing: ['cos', 1],
      threePhase: [0],
      divisor: [0, 0.5],
      finalDivisor: [0.5, Number.POSITIVE_INFINITY],
    },
  },
  oneCycleMomentum: {
    good: { steps: 3 },
    bad: {
      steps: [undefined, 0],
      rise: [-0.1, 1.1],
      annealing: ['cos'],
      threePhase: [0],
      minimum: [-0.1, 1.1],
      maximum: [-0.1, 1.1],
    },
  },
  reduceOnPlateau: {
    good: {},
    bad: {
      mode: ['least', 0],
      factor: [1, -0.1],
      patience: [-1, 0.5, 2 ** 32],
      threshold: [-1],
      thresholdMode: ['rel'],
      cooldown: [-1, 0.5],
      minimum: [-0.1, 1.1],
      epsilon: [-0.1, 1.1],
      schedule: [0.5, null, schedules.reduceOnPlateau()],
    },
  },
  warmUp: {
    good: { steps: 3 },
    bad: { steps: [undefined, 0], start: [-1], schedule: [1, {}, schedules.reduceOnPlateau()] },
  },
  sequence: {
    good: { schedules: list, milestones: [3] },
    bad: {
      schedules: [
        undefined,
        null,
        {},
        new Array(2),
        [],
        [schedule, 1],
        schedule,
        [schedule, schedules.reduceOnPlateau()],
      ],
      milestones: [undefined, [0]],
    },
  },
  product: { good: { schedules: list }, bad: { schedules: [undefined, [], [1], schedule] } },
};

test('every schedule is in the table', () => {
  expect(Object.keys(domains).sort()).toEqual(Object.keys(schedules).sort());
});

describe.each(Object.entries(domains))('%s', (name, { good, bad }) => {
  const make = schedules[name as Name] as AnySchedule;
  const kindOf = (sample: unknown, value: unknown): Kind =>
    typeof value === typeof sample && Array.isArray(value) === Array.isArray(sample)
      ? RangeError
      : TypeError;
  /** A value of the type that the option is of. */
  const samples: Record<string, unknown> = {
    ...{ mode: '', annealing: '', thresholdMode: '', schedule, schedules: [], milestones: [] },
    ...{ periodic: true, threePhase: true },
  };

  test('takes what is good', () => {
    expect(() => make(good)).not.toThrow();
  });

  test.each(
    Object.entries(bad).flatMap(([option, values]) =>
      values.map((value) => [option, value] as const),
    ),
  )('refuses the %s %s', (option, value) => {
    expectFailure({
      does: option,
      run: () => make({ ...good, [option]: value }),
      kind: kindOf(samples[option] ?? 0, value),
      code: 'ERR_INVALID_OPTION',
      says: expect.stringMatching(`^Expected options.${option} to be .+, but received .+`),
    });
  });

  test.each([
    ['a name that it does not have', { ...good, gamma: 0.1 }, 'ERR_UNKNOWN_OPTION'],
    ['a number', 3, 'ERR_INVALID_OPTION'],
    ['a list', [3], 'ERR_INVALID_OPTION'],
  ])('refuses %s', (does, options, code) => {
    const says = expect.stringMatching(/^Expected options to .+, but received /);
    expectFailure({ does, run: () => make(options), kind: TypeError, code, says });
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', undefined])(
    'refuses step %s',
    (step) => {
      const made = make(good);
      if (typeof made !== 'function') return expect(name).toBe('reduceOnPlateau');
      expectFailure({
        does: 'a bad step',
        run: () => made(step),
        kind: RangeError,
        code: 'ERR_INVALID_OPTION',
        says: expect.stringMatching(/^Expected step to be an integer of at least 0, but received /),
      });
    },
  );
});

test.each([
  [
    'another number of milestones than fits',
    () => schedules.sequence({ schedules: list, milestones: [1, 2] }),
    'Expected options.milestones to be one fewer than the 2 schedules, but received 2',
  ],
  [
    'a long rise in three phases',
    () => schedules.oneCycle({ steps: 9, rise: 0.6, threePhase: true }),
    'Expected options.rise to be at most 0.5 where options.threePhase is true, but received 0.6',
  ],
])('refuses %s', (does, run, says) => {
  expectFailure({ does, run, kind: RangeError, code: 'ERR_CONFLICTING_OPTIONS', says });
});

/** An optimizer of two groups at some step of a schedule that fails at the next. */
function running(next: () => unknown = () => 1, momentum?: Schedule) {
  const optimizer = new SGD(
    [{ params: f32(1) }, { params: f32(2), learningRate: 0.5, nesterov: true }],
    { learningRate: 1, momentum: 0.5 },
  );
  const values = (step: number) => (step < 2 ? 1 / (step + 1) : next()) as number;
  const scheduler = new Scheduler(optimizer, values, momentum && { momentum });
  scheduler.step();
  return { optimizer, scheduler };
}

const plateau = () => {
  const optimizer = new RMSprop(f32(1));
  const scheduler = new Scheduler(optimizer, schedules.reduceOnPlateau());
  scheduler.step(1);
  return { optimizer, scheduler };
};

const load =
  (change: object, start: () => { scheduler: Scheduler } = running) =>
  ({ scheduler }: { scheduler: Scheduler }) =>
    scheduler.loadStateDict({ ...start().scheduler.stateDict(), ...change } as SchedulerState);
const step = ({ scheduler }: { scheduler: Scheduler }) => scheduler.step();
const wrongPlateau = (change: object) =>
  load({ plateau: { best: 1, badMetrics: 0, cooldown: 0, reductions: 0, ...change } }, plateau);

const number = 'to be a finite number of at least 0';
const mismatch = 'ERR_STATE_MISMATCH';
const invalid = 'ERR_INVALID_OPTION';

const failures: [
  does: string,
  start: () => { optimizer: { learningRate: number }; scheduler: Scheduler },
  run: (all: { scheduler: Scheduler }) => unknown,
  kind: Kind,
  code: string,
  says: string,
][] = [
  ...[Number.NaN, -1, Number.POSITIVE_INFINITY].map(
    (value) =>
      [
        `a schedule that gives ${value}`,
        () => running(() => value),
        step,
        RangeError,
        invalid,
        `Expected schedule(2) ${number}, but received ${value}`,
      ] as (typeof failures)[number],
  ),
  [
    'a schedule that gives a promise',
    () => running(async () => 1),
    step,
    TypeError,
    invalid,
    `Expected schedule(2) ${number}, but received a Promise`,
  ],
  [
    'a rate beyond float32',
    () => running(() => 5e38),
    step,
    RangeError,
    invalid,
    `Expected the learning rate of group 0 at step 2 ${number}, but received 5e+38`,
  ],
  [
    'a momentum above 1',
    () => running(undefined, (step) => (step < 2 ? 0.5 : 2)),
    step,
    RangeError,
    invalid,
    'Expected options.momentum(2) to be a number from 0 to 1, but received 2',
  ],
  [
    'a momentum that does not go with the second group',
    () => running(undefined, (step) => (step < 2 ? 0.5 : 0)),
    step,
    RangeError,
    'ERR_CONFLICTING_OPTIONS',
    'Expected params[1].momentum to be above 0 and params[1].dampening to be 0 where nesterov is true, but received momentum 0 and dampening 0',
  ],
  [
    'a metric that nobody looks at',
    running,
    ({ scheduler }) => scheduler.step(1),
    TypeError,
    invalid,
    'Expected no metric, as the schedule does not look at any, but received 1',
  ],
  [
    'a metric that is no number',
    plateau,
    ({ scheduler }) => scheduler.step('1' as never),
    TypeError,
    invalid,
    'Expected metric to be a number, but received "1"',
  ],
  [
    'no state',
    running,
    ({ scheduler }) => scheduler.loadStateDict(undefined as never),
    TypeError,
    mismatch,
    'Expected state to be an object, but received undefined',
  ],
  [
    'a state of another format',
    running,
    load({ format: 2 }),
    RangeError,
    mismatch,
    'Expected state.format to be 1, but received 2',
  ],
  [
    'a state of no step',
    running,
    load({ step: -1 }),
    RangeError,
    mismatch,
    'Expected state.step to be an integer from 0 to 2^53 - 2, but received -1',
  ],
  [
    'a state of more groups',
    running,
    load({ baseRates: [1, 1, 1] }),
    RangeError,
    mismatch,
    'Expected state.baseRates to have length 2, but received 3',
  ],
  ...[-1, null, '1'].map(
    (rate) =>
      [
        `a state with the rate ${rate}`,
        running,
        load({ baseRates: [1, rate] }),
        RangeError,
        mismatch,
        `Expected state.baseRates[1] ${number}, but received ${JSON.stringify(rate)}`,
      ] as (typeof failures)[number],
  ),
  [
    'a state without a plateau',
    plateau,
    load({ plateau: undefined }, plateau),
    TypeError,
    mismatch,
    'Expected state.plateau to be an object, but received undefined',
  ],
  [
    'a best metric that is none',
    plateau,
    wrongPlateau({ best: Number.NaN }),
    RangeError,
    mismatch,
    'Expected state.plateau.best to be a finite number or null, but received NaN',
  ],
  ...['badMetrics', 'cooldown', 'reductions'].map(
    (name) =>
      [
        `half a ${name}`,
        plateau,
        wrongPlateau({ [name]: 0.5 }),
        RangeError,
        mismatch,
        `Expected state.plateau.${name} to be an integer from 0 to 2^53 - 2, but received 0.5`,
      ] as (typeof failures)[number],
  ),
];

test.each(failures)('%s: an error that changes nothing', (does, start, run, kind, code, says) => {
  const all = start();
  const now = () => ({
    state: all.scheduler.stateDict(),
    options: JSON.stringify((all.optimizer as SGD<Float32Array>).groups),
  });
  const before = now();
  expectFailure({ does, run: () => run(all), kind, code, says });
  expect(now()).toEqual(before);
});

const make = (...args: unknown[]) => new Scheduler(...(args as [never, never]));
test.each([
  [
    'no optimizer',
    [{}, schedule],
    'optimizer to be an optimizer of this package, but received an object',
  ],
  [
    'no schedule',
    [new Adam(f32(1)), 0.5],
    'schedule to be a function of the step or schedules.reduceOnPlateau(), but received 0.5',
  ],
  [
    'a momentum that is no function',
    [new Adam(f32(1)), schedule, { momentum: 0.9 }],
    'options.momentum to be a schedule, which is a function of the step, but received 0.9',
  ],
])('a scheduler of %s', (does, args, says) => {
  const run = () => make(...args);
  expectFailure({ does, run, kind: TypeError, code: invalid, says: `Expected ${says}` });
});

test('rates cannot be set while a checkpoint is being loaded', async () => {
  const { optimizer, scheduler } = running();
  const loading = optimizer.load('no such file');
  const before = scheduler.stateDict();
  expect(() => scheduler.step()).toThrow(expect.objectContaining({ code: 'ERR_OPTIMIZER_BUSY' }));
  expect(scheduler.stateDict()).toEqual(before);
  await expect(loading).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_READ' });
  scheduler.step();
  expect(optimizer.learningRate).toBe(1);
});
