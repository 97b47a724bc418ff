import { expect, test } from 'vitest';
import {
  Adam,
  type ReduceOnPlateau,
  type Schedule,
  Scheduler,
  SGD,
  schedules,
} from '../../lib/index.js';
import { cases } from './cases.js';
import { pytorch } from './pytorch.js';

test('every fixture has its schedule, and the other way round', () => {
  expect(Object.keys(cases)).toEqual(pytorch.cases.map(({ name }) => name));
});

/**
 * PyTorch multiplies the last rate, or adds to it, and its rounding errors add up: 12 digits are equal; or, of rates that
 * near 0, what is left in float64 of the difference between numbers of the size of the base rate.
 */
const expectAlike = (actual: number, expected: number, base: number, step: number) => {
  const bound = Math.max(1e-12 * expected, 1e-15 * base);
  if (Math.abs(actual - expected) <= bound) return;
  expect.fail(`at step ${step} it is ${actual}, not ${expected}`);
};

test.each(pytorch.cases)("$name: PyTorch's rates, for every group", ({ name, rates }) => {
  const [learningRate, other] = pytorch.rates as [number, number];
  const optimizer = new SGD(
    [{ params: new Float32Array(1) }, { params: new Float32Array(1), learningRate: other }],
    { learningRate },
  );
  const schedule = cases[name] as Schedule | ReduceOnPlateau;
  const scheduler = new Scheduler(optimizer, schedule);
  const steps = rates[0]?.length as number;
  for (let step = 0; step < steps; step++) {
    expect(scheduler.steps).toBe(step);
    for (const [k, group] of optimizer.groups.entries()) {
      const base = pytorch.rates[k] as number;
      expectAlike(group.learningRate, rates[k]?.[step] as number, base, step);
    }
    scheduler.step(name.startsWith('plateau') ? pytorch.metrics[step] : undefined);
  }
});

test.each(pytorch.momenta)('$name', ({ name, values }) => {
  const steps = values.length;
  const options = { steps, threePhase: name.includes('three'), rise: 0.4 };
  const { optimizer, momentum } = name.startsWith('beta1')
    ? (() => {
        const adam = new Adam(new Float32Array(1));
        return { optimizer: adam, momentum: () => adam.beta1 };
      })()
    : (() => {
        const sgd = new SGD(new Float32Array(1), { momentum: 0.5 });
        return { optimizer: sgd, momentum: () => sgd.momentum };
      })();
  const bounds = { minimum: 0.8, maximum: 0.9 };
  const scheduler = new Scheduler(optimizer, schedules.oneCycle(options), {
    momentum: schedules.oneCycleMomentum({ ...options, ...bounds }),
  });
  for (const [step, value] of values.entries()) {
    expectAlike(momentum(), value, 1, step);
    scheduler.step();
  }
  expect(momentum()).toBe(bounds.maximum);
});
