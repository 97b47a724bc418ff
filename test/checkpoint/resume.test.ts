import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { configure, saveCheckpoint } from '../../lib/index.js';
import { nativeIsas } from '../engines.js';
import { cases, firstHalf, type Result, resultDifference, resultOf, secondHalf } from './cases.js';
import { folder, inFolder, strays } from './folder.js';

test('another process, with other instructions and threads, goes on bit for bit', async () => {
  configure({ isa: nativeIsas[0] as (typeof nativeIsas)[number], threads: 2 });
  const expected: Result[] = [];
  for (const [i, { start }] of cases.entries()) {
    const training = start();
    for (const t of firstHalf) await training.step(t);
    const { optimizer } = training;
    const metadata = { steps: secondHalf };
    await saveCheckpoint(inFolder(`${i}.safetensors`), { optimizer, metadata });
    for (const t of secondHalf) await training.step(t);
    expected.push(resultOf(training));
  }
  expect(strays()).toEqual([]);
  execFileSync(process.execPath, ['--import', 'tsx', join(__dirname, 'go-on.ts'), folder]);
  const results: Result[] = deserialize(readFileSync(inFolder('results')));
  expect(results).toHaveLength(cases.length);
  for (const [i, { name }] of cases.entries()) {
    const found = resultDifference(results[i] as Result, expected[i] as Result);
    if (found) expect.fail(`${name}: ${found}`);
  }
});

test('some cases are saved in the middle of a sum, with another scale of the loss than they began with', async () => {
  const training = cases.find(({ name }) => name.includes('accumulationSteps'))?.start();
  for (const t of firstHalf) await training?.step(t);
  expect(training?.optimizer.lossScale).toBe(2048);
  const { counters } = training?.optimizer.stateDict() ?? {};
  expect(counters).toMatchObject({ accumulatedCalls: 1, goodSteps: 0 });
});

describe('without parameters', () => {
  // Some, in every layout: the parameters make no difference here.
  test.each(cases.filter((_, i) => i % 5 === 0))(
    '$name: another optimizer goes on bit for bit',
    async ({ start }) => {
      const straight = start();
      for (const t of [...firstHalf, ...secondHalf]) await straight.step(t);
      const before = start();
      for (const t of firstHalf) await before.step(t);
      await before.optimizer.save(inFolder('state'));
      const after = start('for loading');
      for (const [i, tensor] of after.tensors.entries()) tensor.set(before.tensors[i] as never);
      await after.optimizer.load(inFolder('state'));
      for (const t of secondHalf) await after.step(t);
      expect(resultDifference(resultOf(after), resultOf(straight))).toBeUndefined();
    },
  );
});
