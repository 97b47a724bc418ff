/**
 * Trains until a step, with a checkpoint at times, from which it goes on if there is one.
 * Arguments: folder, steps, steps between checkpoints, whether ranks have gradients of their own, options as JSON.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DistributedOptimizer, init } from '../../../lib/mpi/index.js';
import { RMSprop } from '../../../lib/rules/index.js';
import { tensors } from '../model.js';
import { checksumOf } from './checksum.js';
import { describe, report } from './verdict.js';

const [folder, steps, every, own, options] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];

async function train() {
  const comm = init();
  const params = tensors(comm.rank === 0 ? 1 : 2);
  if (own === 'other tensors') params.length -= comm.rank;
  const optimizer = await DistributedOptimizer.create(
    RMSprop as never,
    params,
    JSON.parse(options),
    { comm, bucketLength: 4096 },
  );
  let from = 0;
  if (existsSync(join(folder, 'manifest.safetensors'))) {
    ({ step: from } = await optimizer.load<{ step: number }>(folder));
  }
  for (let step = from; step < Number(steps); step++) {
    const seed = own === 'own' ? 100 * (1 + comm.rank) : 0;
    await optimizer.step(tensors(seed + 10 + step) as never);
    if ((step + 1) % Number(every) === 0) {
      await optimizer.save(folder, { metadata: { step: step + 1 } });
    }
  }
  report({ rank: comm.rank, from, checksum: checksumOf(params), ...optimizer.memory });
  comm.finalize();
}

async function fail(error: unknown) {
  const comm = init();
  report({ rank: comm.rank, ...describe(error) });
  comm.finalize();
}

train().catch(fail);
