import { type InspectOptions, inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Adam, ProdigyRMSprop, Scheduler, SGD, schedules } from '../lib/index.js';
import { optimizers } from './variants.js';

const tensors = { w: new Float32Array(2), b: new Float32Array(1) };
const sgd = new SGD(tensors, { learningRate: 1 });
const scheduler = new Scheduler(sgd, (step) => 1 / (step || 1));
scheduler.step();
scheduler.step();
const plateau = new Scheduler(
  new Adam([new Float32Array(1)], { relativeCap: true }),
  schedules.reduceOnPlateau(),
);

test('an optimizer is shown with its rule, groups, options and sizes', () => {
  const bias = new Float64Array(10);
  const optimizer = new Adam([
    { params: { weights: new Float32Array(1000), bias }, learningRate: 0.5 },
    { params: Array.from({ length: 10 }, () => new Float32Array(3)) },
  ]);
  optimizer.step([{ weights: new Float32Array(1000), bias: null }, Array(10).fill(null)]);
  const lines = inspect(optimizer).replace(/,$/gm, '').split('\n');
  expect(lines[0]).toBe('Adam {');
  const shown = lines.map((line) => line.trim());
  expect(shown).toEqual(
    expect.arrayContaining([
      'params: { weights: float32 x 1000, bias: float64 x 10 }',
      'learningRate: 0.5',
      'learningRate: 0.001',
      'beta2: 0.999',
      "weightDecayMode: 'l2'",
      "'0': float32 x 3",
      "'7': float32 x 3",
      "'and 2 more': x 6",
      'parameters: 1040',
      'steps: 1',
    ]),
  );
  const [, bytes] = /stateBytes: (\d+)/.exec(shown.join('\n')) ?? [];
  expect(Number(bytes)).toBeGreaterThanOrEqual(2 * (1030 * 4 + 10 * 8));
});

test.each<[string, unknown, InspectOptions, string]>([
  ['a group', sgd.groups[0], {}, "{ params: [ 'w', 'b' ], learningRate: 0.5, momentum: 0, "],
  ['groups', sgd.groups, {}, "[ { params: [ 'w', 'b' ], learningRate: 0.5, momentum: 0, "],
  ['groups within other objects', { a: { b: sgd.groups } }, {}, '{ a: { b: [ [Object] ] } }'],
  [
    'an optimizer of which nothing deep is to be shown',
    sgd,
    { depth: 0 },
    'SGD { groups: [Array], parameters: 3, stateBytes: 0, steps: 0 }',
  ],
  [
    'a scheduler',
    scheduler,
    {},
    'Scheduler { steps: 2, baseRates: [ 1 ], learningRates: [ 0.5 ] }',
  ],
  [
    'one with metrics and caps',
    plateau,
    { depth: 0 },
    'Scheduler { steps: 0, baseRates: [Array], baseCaps: [Array], plateau: [Object], learningRates: [Array] }',
  ],
  [
    'one of an optimizer that finds its rate',
    new Scheduler(new ProdigyRMSprop(new Float32Array(1)), () => 0.5),
    {},
    'Scheduler { steps: 0, baseRates: [ 1 ], baseCaps: [ 0.1 ], scheduleFactors: [ 0.5 ] }',
  ],
  ['a scheduler within other objects', [[[scheduler]]], {}, '[ [ [ [Scheduler] ] ] ]'],
])('%s is shown', (_, value, options, shown) => {
  const text = inspect(value, { ...options, breakLength: Number.POSITIVE_INFINITY });
  expect(text.replace(/\s+/g, ' ').slice(0, shown.length)).toBe(shown);
});

test('what shows a group is nothing that is copied with its options', () => {
  expect(Reflect.ownKeys({ ...sgd.groups[0] })).not.toContain(inspect.custom);
});

describe.each(optimizers)('$name', ({ name, rule, Class }) => {
  test('shows every option, and stays short within other objects', () => {
    const optimizer = new Class([new Float32Array(1)], {});
    const shown = inspect(optimizer);
    for (const option of Object.keys(rule.hyperparameters)) expect(shown).toContain(`${option}: `);
    expect(inspect({ a: { b: { c: optimizer } } }, { depth: 2 })).toContain(`[${name}]`);
  });
});
