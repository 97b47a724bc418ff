/** One rank, the victim, ends in some way while all are at work. Arguments: the way, the victim, milliseconds. */
import { spawn } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { init } from '../../../lib/mpi/index.js';
import { failureOf, report } from './verdict.js';

const [way, victim, delay] = process.argv.slice(2) as [string, string, string];

const isVictim = (rank: number | string | undefined) => `${rank}` === victim;
// The name by which Open MPI tells a process its rank before it calls MPI.
const isVictimHere = isVictim(process.env.OMPI_COMM_WORLD_RANK);
if (isVictimHere && way === 'killed') {
  const script = `sleep ${Number(delay) / 1000}; kill -9 ${process.pid}`;
  spawn('sh', ['-c', script], { detached: true, stdio: 'ignore' }).unref();
}
if (isVictimHere && way === 'throws before init') throw new Error('A mistake');

const comm = init();
const array = new Float32Array(300_000);

async function work(): Promise<void> {
  for (;;) {
    await comm.allReduceAsync(array, { operation: 'sum', order: 'fixed' });
    comm.allReduce(array, { operation: 'max' });
  }
}

const ways: Record<string, () => unknown> = {
  killed: work,
  'throws before init': work,
  throws: () => {
    throw new Error('A mistake');
  },
  rejects: () => Promise.reject(new Error('A mistake')),
  'exits with 0': () => process.exit(0),
  'exits with 3': () => process.exit(3),
  'exits with requests under way': () => {
    work();
    process.exit(4);
  },
  'comes to its end': () => undefined,
  aborts: () => comm.abort('the loss is NaN', 7),
  'is terminated': () => process.kill(process.pid, 'SIGTERM'),
};

if (way === 'finalizes') {
  const one = Float32Array.of(1);
  const underWay = comm.allReduceAsync(one, { operation: 'sum' });
  comm.finalize();
  const barrier = failureOf(() => comm.barrier());
  const again = failureOf(() => comm.finalize());
  const abort = failureOf(() => comm.abort('too late'));
  const same = init() === comm;
  underWay.then(() => report({ rank: comm.rank, barrier, again, abort, same, sum: one[0] }));
} else if (way === 'finalizes and exits with 5') {
  comm.finalize();
  process.exit(isVictim(comm.rank) ? 5 : 0);
} else if (way === 'in a worker') {
  const file = JSON.stringify(`${__dirname}/../../../lib/mpi/index.ts`);
  const code = `require('tsx/cjs/api').require(${file}, ${file}).init();`;
  new Worker(code, { eval: true }).on('error', (error) => {
    report({ rank: comm.rank, ...error });
    comm.finalize();
  });
} else if (way === 'waits') {
  // The process lives as long as something is under way, and not longer.
  const begin = performance.now();
  const later = isVictim(comm.rank) ? 500 : 0;
  setTimeout(async () => {
    await comm.barrierAsync();
    report({ rank: comm.rank, waited: performance.now() - begin });
    comm.finalize();
  }, later);
} else if (isVictim(comm.rank)) {
  if (way === 'killed') work();
  else setTimeout(() => ways[way]?.(), Number(delay));
} else {
  work();
}
