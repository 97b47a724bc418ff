import { expect, test } from 'vitest';
import {
  Adam,
  RMSprop,
  type Schedule,
  Scheduler,
  type SchedulerState,
  SGD,
  schedules,
} from '../../lib/index.js';
import { expectFailure, type Failure, f32 } from './failure.js';

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
  kind: Failure['kind'],
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
    [{}, () => 1],
    'optimizer to be an optimizer of this package, but received an object',
  ],
  [
    'no schedule',
    [new Adam(f32(1)), 0.5],
    'schedule to be a function of the step or schedules.reduceOnPlateau(), but received 0.5',
  ],
  [
    'a momentum that is no function',
    [new Adam(f32(1)), () => 1, { momentum: 0.9 }],
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
