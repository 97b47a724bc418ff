import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readManifest } from '../../../lib/mpi/manifest.js';
import { RMSprop } from '../../../lib/rules/index.js';
import { times } from '../../times.js';
import { tensors } from '../model.js';
import { mpirun, rankCounts } from '../mpirun.js';
import { checksumOf } from './checksum.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rmsprop-training-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (ranks: number, steps: number, every: number, own = '', options: object = {}) =>
  mpirun(ranks, 'training.ts', [folder, `${steps}`, `${every}`, own, JSON.stringify(options)]);

test.each(
  rankCounts.flatMap((ranks) =>
    [{}, { clipGlobalNorm: 3, momentum: 0.9, centered: true, stateType: 'float32' }].map(
      (options) => ({ ranks, options }),
    ),
  ),
)(
  '$ranks ranks have the bits of one process after 100 steps: $options',
  async ({ ranks, options }) => {
    const expected = tensors(1);
    const single = new RMSprop(expected, options as never);
    for (let step = 0; step < 100; step++) single.step(tensors(10 + step) as never);
    const { code, verdicts, stderr } = await run(ranks, 100, 1000, '', options);
    expect(code, stderr).toBe(0);
    expect(verdicts).toHaveLength(ranks);
    for (const { checksum } of verdicts) expect(checksum).toBe(checksumOf(expected));
  },
);

test('ranks go on, more or fewer of them, as one process that was never stopped', async () => {
  const expected = tensors(1);
  const single = new RMSprop(expected);
  for (const [k, ranks] of [2, 4, 1, 3].entries()) {
    for (let step = 5 * k; step < 5 * k + 5; step++) single.step(tensors(10 + step) as never);
    const { code, verdicts, stderr } = await run(ranks, 5 * k + 5, 5);
    expect(code, stderr).toBe(0);
    for (const { from, checksum } of verdicts) {
      expect(from).toBe(5 * k);
      expect(checksum).toBe(checksumOf(expected));
    }
  }
});

test('ranks with other tensors: all say so, and nobody waits', async () => {
  const { code, verdicts, stderr } = await run(3, 1, 1, 'other tensors');
  expect(code, stderr).toBe(0);
  expect(verdicts).toHaveLength(3);
  const message =
    'Expected params[4] to be the same on all ranks, but received ["[4]","float32",4096] from ranks 0, 1, none from rank 2';
  for (const verdict of verdicts) {
    expect(verdict).toMatchObject({ code: 'ERR_RANKS_DISAGREE', message });
  }
});

/** The processes of ranks, found by the folder that they were given. */
function processesOf(argument: string): number[] {
  try {
    const listed = execFileSync('pgrep', ['-f', `^[^ ]*node .*training.ts ${argument} `]);
    return listed.toString().trim().split('\n').map(Number);
  } catch {
    return [];
  }
}

/** The step that the folder's checkpoint is of; 0 if there is none yet. */
async function savedStep(): Promise<number> {
  if (!existsSync(join(folder, 'manifest.safetensors'))) return 0;
  return ((await readManifest(folder)).metadata as { step: number }).step;
}

const kills = times(3, 50);

test('a rank that is killed, at any moment, costs the steps since the last checkpoint, and no other', async () => {
  const [steps, every, ranks] = [60, 3, 2];
  const whole = await run(ranks, steps, 1000, 'own');
  const { checksum } = whole.verdicts[0] as { checksum: string };
  let killed = 0;
  let saved = 0;
  while (killed < kills) {
    const ended = run(ranks, steps, every, 'own');
    // Ranks take about half a second to begin, and then as long as the killing lets them.
    await sleep(randomInt(400, 1500));
    const victims = processesOf(folder);
    if (victims.length === ranks) process.kill(victims[randomInt(ranks)] as number, 'SIGKILL');
    const begin = performance.now();
    const { code, stderr, verdicts } = await ended;
    if (code === 0) {
      // Over before, or on its way out.
      for (const verdict of verdicts) expect(verdict).toMatchObject({ from: saved, checksum });
      rmSync(folder, { recursive: true });
      saved = 0;
      continue;
    }
    killed++;
    expect(code, stderr).toBe(137);
    expect(stderr).toMatch(/exited on signal 9/);
    expect(performance.now() - begin).toBeLessThan(10_000);
    const now = await savedStep();
    expect(now).toBeGreaterThanOrEqual(saved);
    expect(now % every).toBe(0);
    saved = now;
  }
  const { code, verdicts, stderr } = await run(ranks, steps, every, 'own');
  expect(code, stderr).toBe(0);
  expect(verdicts).toHaveLength(ranks);
  for (const verdict of verdicts) expect(verdict).toMatchObject({ from: saved, checksum });
});
