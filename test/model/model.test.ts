import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { times } from '../times.js';
import { count } from './command.js';
import { commands } from './commands.js';
import { plans, World } from './world.js';

let worlds = 0;
const folder = mkdtempSync(join(tmpdir(), 'rmsprop-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LEAST = times(1_000, 100_000);

/**
 * Random sequences of everything that can happen to an optimizer, beside the reference to which only the steps happen. A
 * failure prints its seed and the shortest sequence that was found: it becomes a case of found.test.ts.
 */
test(`${LEAST} random commands leave the optimizer where the reference is`, async () => {
  const sequences = fc.asyncProperty(
    plans,
    fc.commands(commands, { maxCommands: 60, size: 'max' }),
    async (plan, sequence) => {
      const world = new World(plan, join(folder, `${worlds++}.safetensors`));
      world.useEngine();
      await fc.asyncModelRun(() => ({ model: {}, real: world }), sequence);
      await world.settle();
      if (!world.broken) world.compare();
      world.compareStates();
    },
  );
  while (count.commands < LEAST) await fc.assert(sequences, { numRuns: 50 });
  expect(count.commands).toBeGreaterThanOrEqual(LEAST);
}, 3_600_000);
