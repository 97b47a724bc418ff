import { expect, test } from 'vitest';
import { mpirun } from '../mpirun.js';

test.each([2, 3, 4])('%i ranks get an error each if they do not call the same', async (ranks) => {
  const { code, verdicts, stderr } = await mpirun(ranks, 'disagree.ts');
  expect(verdicts, stderr).toHaveLength(ranks);
  for (const { outcomes, statuses, sums } of verdicts) {
    for (const [name, outcome] of Object.entries(outcomes as object)) {
      expect(outcome, name).toMatchObject({ code: 'ERR_RANKS_DISAGREE' });
    }
    expect(outcomes).toEqual(verdicts[0]?.outcomes); // the same sentences on all ranks
    expect(statuses).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const sum = (ranks * (ranks - 1)) / 2;
    expect(sums).toEqual([sum, sum]);
  }
  expect(code).toBe(0);
  const others = ranks === 2 ? 'rank 1' : `ranks ${[1, 2, 3].slice(0, ranks - 1).join(', ')}`;
  expect(verdicts[0]?.outcomes).toMatchObject({
    'another length': {
      message: `Expected all ranks to make the same call, but received allReduce(Float32Array of length 3, mean) from rank 0, allReduce(Float32Array of length 4, mean) from ${others}`,
    },
    'other counts': { message: expect.stringMatching(/ with counts that differ$/) },
    'a message that nobody receives': {
      message: expect.stringMatching(/ whose messages do not match$/),
    },
  });
});
