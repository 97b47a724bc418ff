import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { mpirun, rankCounts } from '../mpirun.js';

const runs = Number(process.env.RMSPROP_RUNS ?? 150);

/** Messages of at most so many elements; without a number, of as many as MPI can count. */
const cuts = ['', '1', '7'];

test.each(rankCounts.flatMap((ranks) => cuts.map((cut) => [ranks, cut] as const)))(
  '%i ranks do what a sequential model does, messages cut at %s',
  async (ranks, cut) => {
    const seed = randomInt(2 ** 31);
    const environment: Record<string, string> =
      cut === '' ? {} : { RMSPROP_MPI_LONGEST_MESSAGE: cut };
    const options = [`${seed}`, `${cut === '' ? runs : Math.ceil(runs / 10)}`];
    const { code, verdicts, stderr } = await mpirun(ranks, 'collectives.ts', options, environment);
    expect(verdicts, `seed ${seed}\n${stderr}`).toHaveLength(ranks);
    for (const verdict of verdicts) expect(verdict, `seed ${seed}`).toMatchObject({ faults: [] });
    expect(code).toBe(0);
  },
);
