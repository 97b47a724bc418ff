import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Adam, type AdamOptions, configure, presets, RMSprop } from '../../lib/index.js';
import { engines } from '../engines.js';
import { decodeAll, distance, initialParams, steps } from '../golden/frameworks/read.js';

/** What a framework computed from gradients of some rows: test/golden/rows/run.py. */
interface Case {
  framework: string;
  optimizer: string;
  options: AdamOptions;
  /** After so many steps, in base64. */
  params: Record<string, string>;
}

const file = readFileSync(join(__dirname, '../golden/rows/frameworks.json.gz'));
const { rows, cases }: { rows: number[][]; cases: Case[] } = JSON.parse(
  gunzipSync(file).toString(),
);

const ROWS = 13;
const WIDTH = 10;

// The page is the one place of the bounds.
const page = readFileSync(join(__dirname, '../../docs/partial-steps.md'), 'utf8');
const bounds = page
  .split('\n')
  .filter((line) => /^\| (TensorFlow|PyTorch) \d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));

/** Trains as the framework did, on all rows that get a gradient or, to see that it matters, on all rows there are. */
function follow({ optimizer: name, options }: Case, dense: boolean) {
  const table = initialParams.slice(0, ROWS * WIDTH);
  const optimizer =
    name === 'SparseAdam'
      ? new Adam({ table }, options)
      : new RMSprop({ table }, { ...presets.tensorflow1, ...options });
  const largest = table.map(Math.abs);
  const after = new Map<number, Float32Array>();
  for (const [t, numbers] of rows.entries()) {
    const lanes = steps[t]?.gradient as Float32Array;
    const given = dense ? [...new Set([...numbers, ...Array(ROWS).keys()])] : numbers;
    const gradients = given.map((row) => {
      const own = lanes.slice(row * WIDTH, (row + 1) * WIDTH);
      return numbers.includes(row) ? own : own.fill(0);
    });
    optimizer.stepRows(
      'table',
      Int32Array.from(given),
      Float32Array.from(gradients.flatMap((own) => [...own])),
    );
    optimizer.endStep();
    for (const [i, p] of table.entries()) largest[i] = Math.max(largest[i] as number, Math.abs(p));
    after.set(t + 1, table.slice());
  }
  return { after, largest };
}

test.each(cases.map((each) => [each.framework, each.optimizer, each.options, each] as const))(
  '%s %s %o: as near as docs/partial-steps.md says',
  (framework, optimizer, { learningRate: _, ...options }, given) => {
    const [, , , measured, bound] =
      bounds.find(
        (row) => row[1] === framework && row[2] === `${optimizer} ${JSON.stringify(options)}`,
      ) ?? [];
    const recorded = decodeAll(given.params);
    for (const isa of engines) {
      configure({ isa });
      const ulps = distance(follow(given, false), recorded);
      expect(String(+ulps.toPrecision(2))).toBe(measured);
      expect(ulps).toBeLessThanOrEqual(Number(bound));
      // Rows without a gradient do not stay where they are if they get one of zeros.
      expect(distance(follow(given, true), recorded)).toBeGreaterThan(1000);
    }
  },
);
