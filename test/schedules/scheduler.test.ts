import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  loadCheckpoint,
  type ReduceOnPlateau,
  RMSprop,
  type Schedule,
  Scheduler,
  saveCheckpoint,
  schedules,
} from '../../lib/index.js';
import { difference } from '../bits.js';
import { inFolder } from '../checkpoint/folder.js';
import { optimizers } from '../variants.js';
import { cases } from './cases.js';
import { pytorch } from './pytorch.js';

afterEach(() => vi.restoreAllMocks());

const tensors = () => ({ weights: Float32Array.of(1, -2, 3), bias: Float32Array.of(0.5) });
const gradients = { weights: Float32Array.of(0.1, 0.2, -0.3), bias: Float32Array.of(-0.4) };

/** Two groups with rates, and a schedule for them. */
function training(
  rates: readonly number[],
  schedule: Schedule | ReduceOnPlateau,
  momentum?: Schedule,
) {
  const params = rates.map((learningRate) => ({ params: tensors(), learningRate }));
  const optimizer = new RMSprop(params, { momentum: 0.5 });
  const schedules = () => new Scheduler(optimizer, schedule, momentum && { momentum });
  const ratesNow = () => optimizer.groups.map(({ learningRate }) => learningRate);
  const step = (scheduler: Scheduler, t: number) => {
    optimizer.step(rates.map(() => gradients));
    scheduler.step(typeof schedule === 'function' ? undefined : pytorch.metrics[t]);
    return [...ratesNow(), ...optimizer.groups.map(({ momentum }) => momentum)];
  };
  const weights = () => params.map(({ params: { weights } }) => weights);
  return { optimizer, schedules, ratesNow, step, weights };
}

describe.each(Object.entries(cases))('%s', (name, schedule) => {
  const [before, after] = [70, 50];
  const momentum = schedules.oneCycleMomentum({ steps: 100 });

  test.each(['before', 'after'] as const)(
    'a checkpoint resumes it, loaded %s the scheduler is made',
    async (order) => {
      const straight = training(pytorch.rates, schedule, momentum);
      const scheduler = straight.schedules();
      for (let t = 0; t < before; t++) straight.step(scheduler, t);
      const path = inFolder(`${name}-${order}.safetensors`);
      const { optimizer } = straight;
      await saveCheckpoint(path, { optimizer, metadata: { scheduler: scheduler.stateDict() } });

      const resumed = training([0.7, 0.9], schedule, momentum);
      const early = order === 'after' ? resumed.schedules() : undefined;
      const metadata = await loadCheckpoint(path, { optimizer: resumed.optimizer });
      const again = early ?? resumed.schedules();
      again.loadStateDict((metadata as { scheduler: never }).scheduler);
      expect(again.stateDict()).toEqual(scheduler.stateDict());
      expect(resumed.ratesNow()).toEqual(straight.ratesNow());
      for (let t = before; t < before + after; t++) {
        expect(resumed.step(again, t)).toEqual(straight.step(scheduler, t));
      }
      for (const [k, weights] of resumed.weights().entries()) {
        expect(difference(weights, straight.weights()[k] as Float32Array)).toBeUndefined();
      }
    },
  );

  test('calls nothing that machines compute differently', () => {
    const ratesOf = () => {
      const { schedules, step } = training([1], schedule);
      const scheduler = schedules();
      return Array.from({ length: 100 }, (_, t) => step(scheduler, t));
    };
    const expected = ratesOf();
    for (const inexact of ['cos', 'sin', 'pow', 'exp', 'log', 'exp2', 'log2'] as const) {
      if (!(inexact in Math)) continue;
      vi.spyOn(Math, inexact as 'cos').mockImplementation(() => {
        throw new Error(`Math.${inexact} was called`);
      });
    }
    expect(ratesOf()).toEqual(expected);
  });
});

test('the operator ** is not there either', () => {
  const files = ['schedules', 'arithmetic'].flatMap((folder) => {
    const path = join(__dirname, '../../lib', folder);
    return readdirSync(path).map((file) => readFileSync(join(path, file), 'utf8'));
  });
  expect(files.length).toBeGreaterThan(Object.keys(schedules).length);
  for (const text of files) {
    const code = text.replace(/\/\*.*?\*\/|\/\/.*?$/gms, '');
    // Powers of two that are written out are exact.
    expect(code.replace(/\b2 \*\* -?\d+\b/g, '')).not.toContain('**');
  }
});

test.each(optimizers)('$name has its rates set, and keeps their ratio', ({ rule, Class }) => {
  const rate = rule.estimatesDistance ? 'scheduleFactor' : 'learningRate';
  const optimizer = new Class(
    [
      { params: new Float32Array(1), [rate]: 0.5 },
      { params: new Float32Array(1), [rate]: 0.25 },
    ] as never,
    {},
  );
  const scheduler = new Scheduler(optimizer as never, (step) => 1 / (step + 2));
  expect(scheduler.baseRates).toEqual([0.5, 0.25]);
  const { groups } = optimizer;
  expect(groups.map((group) => group[rate])).toEqual([0.25, 0.125]);
  scheduler.step();
  scheduler.step();
  expect(groups.map((group) => group[rate])).toEqual([0.125, 0.0625]);
});

test('steps that are not waited for have the rates of their moment', async () => {
  const [at, late] = [
    training([0.1], cases.cosine as Schedule),
    training([0.1], cases.cosine as Schedule),
  ];
  const [one, other] = [at.schedules(), late.schedules()];
  const promises: Promise<unknown>[] = [];
  for (let t = 0; t < 20; t++) {
    at.step(one, t);
    promises.push(late.optimizer.stepAsync([gradients]));
    other.step();
  }
  await Promise.all(promises);
  const [expected] = at.weights();
  expect(difference(late.weights()[0] as Float32Array, expected as Float32Array)).toBeUndefined();
});

test('a plateau reduces what another schedule gives, and counts steps without a metric', () => {
  const {
    schedules: make,
    ratesNow,
    optimizer,
  } = training(
    [1],
    schedules.reduceOnPlateau({ factor: 0.5, patience: 0, schedule: (step) => step + 1 }),
  );
  const scheduler = make();
  const rates = [undefined, 3, undefined, 3, Number.NaN, 2, Number.NEGATIVE_INFINITY].map(
    (metric) => {
      scheduler.step(metric);
      return ratesNow()[0];
    },
  );
  // Reductions: after the second 3, after NaN, and after what is not finite.
  expect(rates).toEqual([2, 3, 4, 5 / 2, 6 / 4, 7 / 4, 8 / 8]);
  expect(scheduler.stateDict().plateau).toEqual({
    best: 2,
    badMetrics: 0,
    cooldown: 0,
    reductions: 3,
  });
  expect(optimizer.learningRate).toBe(1);
});

test('beyond their steps, schedules stay where they ended', () => {
  const steps = 10;
  const ends: [Schedule, number][] = [
    [schedules.constant({ steps, factor: 0.5 }), 1],
    [schedules.linear({ steps, start: 1, end: 0.1 }), 0.1],
    [schedules.polynomial({ steps, power: 0.3, minimum: 0.1 }), 0.1],
    [schedules.cosine({ steps, minimum: 0.1 }), 0.1],
    [schedules.oneCycle({ steps, divisor: 5, finalDivisor: 2 }), 0.1],
    [schedules.oneCycleMomentum({ steps, maximum: 0.1, minimum: 0.05 }), 0.1],
    [schedules.warmUp({ steps }), 1],
  ];
  for (const [schedule, end] of ends) {
    for (const step of [10, 11, 25, Number.MAX_SAFE_INTEGER]) expect(schedule(step)).toBe(end);
  }
});

test('defaults', () => {
  const values = (schedule: Schedule, ...steps: number[]) => steps.map(schedule);
  expect(values(schedules.constant(), 0, 1e15)).toEqual([1, 1]);
  expect(values(schedules.linear({ steps: 2 }), 0, 2)).toEqual([1 / 3, 1]);
  expect(values(schedules.step({ steps: 2 }), 1, 2, 4)).toEqual([1, 0.1, 0.1 * 0.1]);
  expect(values(schedules.multiStep({ milestones: [2] }), 1, 2)).toEqual([1, 0.1]);
  expect(values(schedules.polynomial({ steps: 4 }), 0, 1, 4)).toEqual([1, 0.75, 0]);
  expect(values(schedules.warmUp({ steps: 4 }), 0, 1, 4)).toEqual([0, 0.25, 1]);
  expect(values(schedules.oneCycle({ steps: 100 }), 0, 29, 99)).toEqual([0.04, 1, 0.04 / 1e4]);
  expect(values(schedules.oneCycleMomentum({ steps: 100 }), 0, 29, 99)).toEqual([0.95, 0.85, 0.95]);
  expect(values(schedules.exponential({ factor: 0.25, steps: 2 }), 0, 1, 2)).toEqual([
    1, 0.5, 0.25,
  ]);
});

test.each([
  [1, 0, false],
  [1, 1, true],
  [2, 0.5, true],
  [3, 0, false],
  [3, 1, false],
  [4, 0.25, true],
  [10, 0.1, false],
  [10, 0.1, true],
  [10, 0.5, true],
])('one cycle of %d steps that rises in %d of them: %s', (steps, part, threePhase) => {
  const rise = threePhase ? part / 2 : part;
  for (const annealing of ['cosine', 'linear'] as const) {
    const schedule = schedules.oneCycle({ steps, rise, threePhase, annealing });
    for (let step = 0; step < 2 * steps; step++) {
      expect(schedule(step)).toBeGreaterThanOrEqual(0.04 / 1e4);
      expect(schedule(step)).toBeLessThanOrEqual(1);
    }
  }
});
