import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { presets, RMSprop, ScheduleFreeAdamW } from '../lib/index.js';
import { rules } from '../lib/rules/index.js';
import { difference, type Tensor } from './bits.js';
import {
  type Case,
  distance,
  initialParams,
  type Run,
  runs,
  steps,
} from './golden/frameworks/read.js';
import type { Options } from './variants.js';

// The page is the one place of the bounds.
const page = readFileSync(join(__dirname, '../docs/presets.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );

function rowOf({ preset, framework }: Run): string[] {
  const found = rows.filter((row) => row[0] === `\`${preset}\`` && row[1] === framework);
  expect(found, `the row of ${preset}, ${framework}`).toHaveLength(1);
  return found[0] as string[];
}

/** Trains `params` in place as every run did, in their own type, and tells when a step is done. */
function train(params: Tensor, options: Options, done: (step: number) => void) {
  const optimizer = new RMSprop(params, options as never);
  const { learningRate } = optimizer;
  for (const [i, { gradient, factor }] of steps.entries()) {
    optimizer.learningRate = learningRate * factor;
    optimizer.step(params instanceof Float64Array ? Float64Array.from(gradient) : gradient);
    done(i + 1);
  }
}

/** Parameters after the steps that were recorded, and the largest that each lane had on its way. */
function follow(initial: Tensor, options: Options, { params: recorded }: Case) {
  const params = initial.slice();
  const largest = params.map(Math.abs);
  const after = new Map<number, Tensor>();
  train(params, options, (step) => {
    for (const [lane, p] of params.entries()) {
      largest[lane] = Math.max(largest[lane] as number, Math.abs(p));
    }
    if (recorded.has(step)) after.set(step, params.slice());
  });
  return { after, largest };
}

const decays = ({ options }: Case) => (options.weightDecay ?? 0) !== 0;

/** The cases without and with weight decay, and what the page says of them. */
const halves = (run: Run) =>
  [false, true].map((decayed) => {
    const [measured, bound, float32] = rowOf(run).slice(decayed ? 5 : 2) as [
      string,
      string,
      string,
    ];
    const cases = run.cases.filter((given) => decays(given) === decayed);
    return { cases, measured, bound, float32 };
  });

/** An option with another value. */
function altered(name: string, value: unknown): unknown {
  const words = rules.rmsprop.hyperparameters[name as 'epsilonPlacement'].words;
  if (words) return words.find((word) => word !== value);
  if (typeof value === 'boolean') return !value;
  return value === 0 ? 0.5 : (value as number) * 1.001;
}

const defaults: Options = { decay: 0.9, epsilon: 1e-7, initialSquareAverage: 0 };

/** The page has two digits. */
const shown = (ulps: number[]) => (ulps.length ? String(+Math.max(...ulps).toPrecision(2)) : '-');

describe.each(runs)('$preset against $framework', (run) => {
  const preset: Options = presets[run.preset];

  test('is as near as docs/presets.md says', () => {
    for (const { cases, measured, bound, float32 } of halves(run)) {
      const paths = cases.map((given) => {
        const options = { ...preset, ...given.options };
        const path = follow(initialParams, options, given);
        const exact = follow(Float64Array.from(initialParams), options, given);
        return { given, path, exact };
      });
      const ulps = paths.map(({ path, given }) => distance(path, given.params));
      expect(measured).toBe(shown(ulps));
      expect(float32).toBe(shown(paths.map(({ path, exact }) => distance(path, exact.after))));
      expect(Math.max(0, ...ulps)).toBeLessThanOrEqual(bound === '-' ? 0 : Number(bound));
      if (bound !== '0') continue;
      for (const { path, given } of paths) {
        for (const [step, params] of path.after) {
          expect(difference(params, given.params.get(step) as Tensor)).toBeUndefined();
        }
      }
    }
  });

  test.each(Object.entries({ ...defaults, ...preset }))(
    'would not be so with another %s than %s',
    (name, value) => {
      const wrong = { ...preset, [name]: altered(name, value) };
      const noticed = halves(run).some(({ cases, bound }) =>
        cases.some((given) => {
          const path = follow(initialParams, { ...wrong, ...given.options }, given);
          return distance(path, given.params) > Number(bound);
        }),
      );
      expect(noticed).toBe(true);
    },
  );
});

test('every preset is compared with its framework, and nothing else stands in the table', () => {
  const { algoPerf, ...ofRMSprop } = presets;
  expect(new Set(runs.map(({ preset }) => preset))).toEqual(new Set(Object.keys(ofRMSprop)));
  expect(new ScheduleFreeAdamW(new Float32Array(1), algoPerf)).toMatchObject(algoPerf);
  expect(rows).toHaveLength(runs.length);
});

test('presets cannot be changed', () => {
  for (const frozen of [presets, ...Object.values(presets)]) {
    expect(Object.isFrozen(frozen)).toBe(true);
  }
});
