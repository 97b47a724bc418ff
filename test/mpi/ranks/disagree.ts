/** Calls that differ among ranks, one after another; then one in which all agree. */
import { type Communicator, init } from '../../../lib/mpi/index.js';
import { describe, report } from './verdict.js';

const comm = init();
const isFirst = comm.rank === 0;
const { size } = comm;
const f32 = (length: number) => new Float32Array(length).fill(comm.rank);
const last = size - 1;
const counts = (which: number) => Array.from({ length: size }, (_, k) => (k === which ? 4 : 0));

/** What rank 0 does, and what the others do. */
const cases: Record<string, (comm: Communicator) => unknown> = {
  'another call': () => (isFirst ? comm.barrier() : comm.allReduce(f32(2), { operation: 'sum' })),
  'another length': () => comm.allReduce(f32(isFirst ? 3 : 4), { operation: 'mean' }),
  'another type': () =>
    comm.allReduce(isFirst ? f32(3) : new Float64Array(3), { operation: 'sum', order: 'fixed' }),
  'another operation': () => comm.reduceScatter(f32(3), { operation: isFirst ? 'min' : 'max' }),
  'another order': () =>
    comm.allReduce(f32(3), { operation: 'sum', order: isFirst ? 'any' : 'fixed' }),
  'another root': () => comm.broadcast(f32(3), { root: isFirst ? 0 : last }),
  'other counts': () => comm.allGather(f32(4), { counts: counts(isFirst ? 0 : last) }),
  'a message that nobody receives': () =>
    comm.exchange([f32(4)], Float64Array.of(last, 0, 0, isFirst ? 4 : 0), new Float64Array()),
  'a message longer than what is received': () =>
    comm.exchange(
      [f32(8)],
      isFirst ? Float64Array.of(last, 0, 0, 4) : new Float64Array(),
      comm.rank === last ? Float64Array.of(0, 0, 4, 3) : new Float64Array(),
    ),
  'the end': () => (isFirst ? comm.finalize() : comm.barrier()),
  'the end, as a promise of something else': () =>
    isFirst ? comm.finalize() : comm.allGatherAsync(f32(2)),
};

async function go() {
  const outcomes: Record<string, unknown> = {};
  for (const [name, run] of Object.entries(cases)) {
    try {
      await run(comm);
      outcomes[name] = 'no error';
    } catch (error) {
      outcomes[name] = describe(error);
    }
  }
  // Several under way, the second of which is wrong: the others are done all the same.
  const [a, b, c] = [f32(4), f32(isFirst ? 1 : 2), f32(4)];
  const settled = await Promise.allSettled([
    comm.allReduceAsync(a, { operation: 'sum' }),
    comm.broadcastAsync(b),
    comm.allReduceAsync(c, { operation: 'sum', order: 'fixed' }),
  ]);
  const statuses = settled.map(({ status }) => status);
  comm.finalize();
  return { rank: comm.rank, outcomes, statuses, sums: [a[0], c[3]] };
}

go().then(report);
