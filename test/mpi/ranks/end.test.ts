import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { times } from '../../times.js';
import { mpirun, rankCounts } from '../mpirun.js';

/** Seconds by which all must be over on a machine that has other things to do. */
const soon = 30;

describe.each([0, 1])('rank %i', (victim) => {
  const ended = (code: number) =>
    new RegExp(
      `rmsprop: rank ${victim} \\(.*\\): ended with code ${code} before it called finalize\\(\\), so all ranks end`,
    );
  test.each([
    ['throws', 1, ended(1)],
    ['throws', 1, /Error: A mistake/],
    ['rejects', 1, ended(1)],
    ['exits with 0', 1, ended(0)],
    ['exits with 3', 3, ended(3)],
    ['exits with requests under way', 4, ended(4)],
    ['comes to its end', 1, ended(0)],
    ['aborts', 7, new RegExp(`rmsprop: rank ${victim} \\(.*\\): the loss is NaN`)],
    ['is terminated', 143, new RegExp(`rank ${victim} .*exited on signal 15`)],
    ['throws before init', 1, /Error: A mistake/],
    ['finalizes and exits with 5', 5, /exited with non-zero status/],
  ])('%s: all ranks end with %i, and say %s', async (way, expected, says) => {
    const { code, stderr, seconds } = await mpirun(3, 'end.ts', [way, `${victim}`, '50']);
    expect(code, stderr).toBe(expected);
    expect(stderr).toMatch(says);
    expect(seconds).toBeLessThan(soon);
  });
});

test.each(Array.from({ length: times(5, 50) }, (_, i) => [i % 3, randomInt(2500)] as const))(
  'rank %i is killed after %i ms: all ranks end, and mpirun says so',
  async (victim, delay) => {
    const { code, stderr, seconds } = await mpirun(3, 'end.ts', [
      'killed',
      `${victim}`,
      `${delay}`,
    ]);
    expect(code, stderr).toBe(137);
    expect(stderr).toMatch(new RegExp(`rank ${victim} .*exited on signal 9`));
    expect(seconds).toBeLessThan(soon);
  },
);

test.each(rankCounts)('%i ranks end MPI once, and nothing can follow', async (ranks) => {
  const { code, verdicts, stderr } = await mpirun(ranks, 'end.ts', ['finalizes']);
  expect(verdicts, stderr).toHaveLength(ranks);
  const failure = { code: 'ERR_MPI_FINALIZED' };
  for (const verdict of verdicts) {
    const failures = { barrier: failure, again: failure, abort: failure };
    expect(verdict).toMatchObject({ ...failures, same: true, sum: ranks });
  }
  expect(code).toBe(0);
  expect(stderr).toBe('');
});

test('MPI belongs to one thread', async () => {
  const { code, verdicts, stderr } = await mpirun(2, 'end.ts', ['in a worker']);
  expect(verdicts, stderr).toHaveLength(2);
  for (const verdict of verdicts) expect(verdict).toMatchObject({ code: 'ERR_MPI_THREAD' });
  expect(code).toBe(0);
});

test('a process lives while something is under way', async () => {
  const { code, verdicts, stderr } = await mpirun(2, 'end.ts', ['waits', '1']);
  expect(verdicts, stderr).toHaveLength(2);
  for (const { waited } of verdicts) expect(waited).toBeGreaterThan(400);
  expect(code).toBe(0);
});

test('a worker can speak MPI', async () => {
  const { code, verdicts, stderr } = await mpirun(2, 'worker.ts', ['finalizes']);
  expect(verdicts, stderr).toEqual([0, 1].map((rank) => ({ rank, sum: 3 })));
  expect(code).toBe(0);
});

test('a worker that is terminated while it speaks MPI ends all ranks', async () => {
  const { code, stderr, seconds } = await mpirun(2, 'worker.ts', ['is terminated']);
  expect(code, stderr).toBe(1);
  expect(stderr).toMatch(/rmsprop: rank 1 .*: ended .*before it called finalize/);
  expect(seconds).toBeLessThan(soon);
});
