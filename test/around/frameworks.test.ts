import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { configure, SGD, type SGDOptions } from '../../lib/index.js';
import { engines } from '../engines.js';
import { decodeAll, distance, initialParams, steps } from '../golden/frameworks/read.js';

/** One way to use a framework, in the words of this package, and what it computed: test/golden/around/ has the scripts. */
interface Case {
  does: string;
  options: SGDOptions;
  /** The calls in which a gradient has an infinite number. */
  infinite?: number[];
  /** After so many calls, in base64. */
  params: Record<string, string>;
  averages?: Record<string, string>;
  /** After every call. */
  scales?: number[];
}

interface Framework {
  framework: string;
  cases: Case[];
}

const frameworks = ['pytorch', 'keras', 'optax'].map((name): Framework => {
  const file = readFileSync(join(__dirname, `../golden/around/${name}.json.gz`));
  return JSON.parse(gunzipSync(file).toString());
});

// The page is the one place of the bounds.
const page = readFileSync(join(__dirname, '../../docs/around-the-step.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => /^\| (PyTorch|Keras|optax) \d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));

const LENGTHS = [100, 31];
const CALLS = 60;
const split = (lanes: Float32Array) => [lanes.slice(0, 100), lanes.slice(100)];
const joined = ([a, b]: readonly Float32Array[]) => [
  ...(a as Float32Array),
  ...(b as Float32Array),
];

/** Trains as the framework did. */
function follow({ options, infinite = [], averages }: Case) {
  const params = split(initialParams);
  const optimizer = new SGD(params, { learningRate: 1, ...options });
  const after = { params: new Map<number, number[]>(), averages: new Map<number, number[]>() };
  const scales: number[] = [];
  const largest = [...initialParams].map(Math.abs);
  for (let call = 1; call <= CALLS; call++) {
    // A loss that is multiplied has gradients that are.
    const scale = options.dynamicLossScale ? optimizer.lossScale : 1;
    const given = steps[call - 1]?.gradient as Float32Array;
    const gradients = split(given.map((g) => g * scale));
    if (infinite.includes(call)) (gradients[1] as Float32Array)[7] = Number.POSITIVE_INFINITY;
    optimizer.step(gradients);
    scales.push(optimizer.lossScale);
    after.params.set(call, joined(params));
    for (const [i, p] of joined(params).entries())
      largest[i] = Math.max(largest[i] as number, Math.abs(p));
    if (averages?.[call] === undefined) continue;
    optimizer.swapInAverages();
    after.averages.set(call, joined(params));
    optimizer.swapOutAverages();
  }
  return { after, scales, largest };
}

describe.each(frameworks)('$framework', ({ framework, cases }) => {
  test.each(cases)('$does: as near as docs/around-the-step.md says', (given) => {
    const found = rows.filter((row) => row[1] === framework && row[2] === given.does);
    expect(found).toHaveLength(1);
    const [, , , measured, bound] = found[0] as [string, string, string, string, string];
    for (const isa of engines) {
      configure({ isa });
      const { after, scales, largest } = follow(given);
      const ulps = Math.max(
        distance({ after: after.params, largest }, decodeAll(given.params)),
        distance({ after: after.averages, largest }, decodeAll(given.averages ?? {})),
      );
      expect(String(+ulps.toPrecision(2))).toBe(measured);
      expect(ulps).toBeLessThanOrEqual(Number(bound));
      if (given.scales) expect(scales).toEqual(given.scales);
      if (bound !== '0') continue;
      for (const key of ['params', 'averages'] as const) {
        for (const [call, numbers] of decodeAll(given[key] ?? {})) {
          expect(after[key].get(call)).toEqual([...numbers]);
        }
      }
    }
  });

  test('every option makes a difference that is larger than the bound', () => {
    for (const given of cases) {
      const [row] = rows.filter(([, name, does]) => name === framework && does === given.does);
      for (const option of Object.keys(given.options)) {
        if (option === 'lossScaleGrowthInterval' || option === 'weightDecayMode') continue;
        const { [option as 'clipNorm']: _, ...without } = given.options;
        if (option === 'averageDecay') continue; // no average at all
        const { after, scales, largest } = follow({ ...given, options: without });
        const ulps = distance({ after: after.params, largest }, decodeAll(given.params));
        const near = ulps <= Number(row?.[4]) + 1;
        expect(
          !near || `${scales}` !== `${given.scales ?? scales}`,
          `${given.does} without ${option}`,
        ).toBe(true);
      }
    }
  });
});

test('the data are those of the scripts, and all cases stand in the table', () => {
  expect(LENGTHS.reduce((a, b) => a + b)).toBe(initialParams.length);
  expect(rows).toHaveLength(frameworks.reduce((sum, { cases }) => sum + cases.length, 0));
});
