import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Adam } from '../lib/index.js';
import { optimizers } from './variants.js';

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

describe.each(optimizers)('$name', ({ name, rule, Class }) => {
  test('shows every option, and stays short within other objects', () => {
    const optimizer = new Class([new Float32Array(1)], {});
    const shown = inspect(optimizer);
    for (const option of Object.keys(rule.hyperparameters)) expect(shown).toContain(`${option}: `);
    expect(inspect({ a: { b: { c: optimizer } } }, { depth: 2 })).toContain(`[${name}]`);
  });
});
