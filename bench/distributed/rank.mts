/**
 * What each process of `npm run bench:distributed` runs: times steps of a distributed optimizer and what they are made of.
 * Rank 0 prints the figures as a line of JSON.
 */
import { RMSprop } from 'rmsprop';
import { DistributedOptimizer, init } from 'rmsprop/mpi';
import { Network } from '../../examples/network.mts';
import { Random } from '../../examples/random.mts';
import { spreadOf } from '../spread.mts';
import type { Case, Figures } from './figures.mts';
import { Recorder } from './recorder.mts';

const BATCH = 128;
const [cases, seconds] = [JSON.parse(process.argv[2]) as Case[], Number(process.argv[3])];
const comm = init();

const all: Figures[] = [];
for (const each of cases) all.push(await measure(each));
if (comm.rank === 0) console.log(JSON.stringify({ figures: all, ...(await network()) }));
else await network();
comm.finalize();

async function measure({ name, elements }: Case): Promise<Figures> {
  const network = elements === undefined ? new Network(784, 128, 10, new Random(1)) : undefined;
  const params = network?.parameters ?? { all: new Float32Array(elements as number) };
  const count = BATCH / comm.size;
  const samples = {
    count,
    images: new Random(2).weights(count * 784, 1),
    labels: new Uint8Array(count),
  };
  const gradients = network?.gradients(samples) ?? {
    all: new Random(3 + comm.rank).weights(elements as number, 1),
  };
  const recorder = new Recorder(comm);
  const optimizer = await DistributedOptimizer.create(RMSprop, params, {}, { comm: recorder });
  await optimizer.step(gradients as never);
  recorder.start();
  await optimizer.step(gradients as never);
  const { bytes, exchanges, means } = recorder.stop();
  const { shardElements, state } = optimizer.memory;
  const shard = new Float32Array(shardElements);
  const own = new RMSprop(shard);
  const ownGradient = shard.slice();
  const whole = Object.values(params).reduce((sum, { length }) => sum + length, 0);
  const single = new RMSprop(new Float32Array(whole));
  const wholeGradient = new Float32Array(whole);

  const parts: Record<string, () => unknown> = {
    step: () => optimizer.step(gradients as never),
    communication: () => recorder.replay(exchanges),
    mean() {
      for (const { out, parts } of means) comm.mean(out, parts);
    },
    update: () => own.step(ownGradient),
    // What one process would do with all of it, while the others wait.
    single: () => (comm.rank === 0 ? single.step(wholeGradient) : undefined),
    gradient: () => network?.gradients(samples),
  };
  const times: Record<string, number[]> = {};
  const end = performance.now() + 1000 * seconds;
  for (let round = 0; round < 10 || !(await isOver(end)); round++) {
    for (const [part, run] of Object.entries(parts)) {
      comm.barrier();
      const start = performance.now();
      await run();
      comm.barrier(); // the slowest counts
      times[part] = [...(times[part] ?? []), performance.now() - start];
    }
  }
  const median = (part: string) => spreadOf(times[part]).median;
  return {
    name,
    elements: whole,
    ranks: comm.size,
    step: median('step'),
    communication: median('communication'),
    mean: median('mean'),
    update: median('update'),
    single: median('single'),
    gradient: network ? median('gradient') : undefined,
    bytes,
    state,
  };
}

/** All ranks go by the clock of one. */
async function isOver(end: number): Promise<boolean> {
  const over = Float32Array.of(performance.now() > end ? 1 : 0);
  await comm.broadcastAsync(over);
  return over[0] === 1;
}

/** Milliseconds of a message of next to nothing, and bytes a millisecond of long ones, each way at once. */
async function network() {
  const peer = comm.rank ^ 1;
  const time = async (length: number, repeats: number) => {
    if (comm.size < 2) return Number.NaN;
    const arrays = [new Float32Array(length), new Float32Array(length)];
    const times: number[] = [];
    for (let k = 0; k < repeats; k++) {
      comm.barrier();
      const start = performance.now();
      await comm.exchange(
        arrays,
        Float64Array.of(peer, 0, 0, length),
        Float64Array.of(peer, 1, 0, length),
      );
      times.push(performance.now() - start);
    }
    return spreadOf(times).median;
  };
  const latency = await time(16, 200);
  const long = 2 ** 22;
  return { latency, bandwidth: (4 * long) / (await time(long, 20)) };
}
