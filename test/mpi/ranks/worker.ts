/** MPI in a worker. The argument says what becomes of the worker of rank 1. */
import { Worker } from 'node:worker_threads';
import { report } from './verdict.js';

const [way] = process.argv.slice(2);
const file = JSON.stringify(`${__dirname}/../../../lib/mpi/index.ts`);
const worker = new Worker(
  `const { parentPort } = require('node:worker_threads');
  const comm = require('tsx/cjs/api').require(${file}, ${file}).init();
  const { rank } = comm;
  const array = Float32Array.of(rank + 1);
  (async () => {
    await comm.allReduceAsync(array, { operation: 'sum' });
    parentPort.postMessage({ rank, sum: array[0] });
    if (${JSON.stringify(way)} === 'finalizes') return comm.finalize();
    for (;;) await comm.allReduceAsync(array, { operation: 'max' });
  })();`,
  { eval: true },
);
worker.on('message', ({ rank, sum }) => {
  report({ rank, sum });
  if (way === 'is terminated' && rank === 1) setTimeout(() => worker.terminate(), 100);
});
