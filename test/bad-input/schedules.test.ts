import { describe, expect, test } from 'vitest';
import { type Schedule, schedules } from '../../lib/index.js';
import { expectFailure, type Failure } from './failure.js';

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
  const kindOf = (sample: unknown, value: unknown): Failure['kind'] =>
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
