/**
 * Training on several processes: each computes gradients on its share of every batch, and keeps the optimizer's state of its
 * share of the network. Saves a checkpoint after every epoch, and goes on from the one that it finds.
 * `npm run distributed -- --help` lists the options; examples/distributed.sh starts the processes.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RMSprop } from 'rmsprop';
import { type Communicator, DistributedOptimizer, init } from 'rmsprop/mpi';
import { figure } from './application.mts';
import { type Dataset, datasets, type Samples } from './datasets.mts';
import { Failure } from './failure.mts';
import { Network } from './network.mts';
import { integer, parse, writable } from './options.mts';
import { engine, main, write } from './output.mts';
import { showProgress } from './progress.mts';
import { Random } from './random.mts';
import { lossAndAccuracy } from './results.mts';
import { toSvg } from './svg.mts';
import { batches, type Point } from './training.mts';

const help = `Trains the network of npm start on several processes, by MPI.

Usage: npm run distributed -- [options]

  RANKS=N npm run distributed  on so many processes (default: 2)
  --data NAME          digits (default) or fashion
  --folder PATH        where the files of fashion are, if not where their package puts them
  --epochs N           times through the training data (default: digits 40, fashion 5)
  --seed N             of weights, batches and the choice of test digits (default: 1)
  --quick              four epochs of the digits
  --svg FILE           the curves
  --checkpoint FOLDER  where to save, and to go on from (default: distributed-checkpoint)
  --help               this text
`;

/** As the checkpoint keeps it: what was done, and how it went. */
interface Progress {
  epoch: number;
  points: Point[];
}

await main(async () => {
  const values = parse(process.argv.slice(2), {
    data: { type: 'string', default: 'digits' },
    folder: { type: 'string' },
    epochs: { type: 'string' },
    seed: { type: 'string' },
    quick: { type: 'boolean', default: false },
    svg: { type: 'string' },
    checkpoint: { type: 'string', default: 'distributed-checkpoint' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return process.stdout.write(help);
  const name = values.data;
  if (name !== 'digits' && name !== 'fashion') {
    throw new Failure(`Expected --data to be digits or fashion, but received '${name}'.`, 2);
  }
  const seed = integer('seed', values.seed, 0, Number.MAX_SAFE_INTEGER) ?? 1;
  const epochs =
    integer('epochs', values.epochs, 1, 10_000) ?? (values.quick ? 4 : datasets[name].epochs);
  const dataset = datasets[name].load(new Random(seed), values.folder);
  const svg = values.svg === undefined ? undefined : writable('svg', values.svg);
  const comm = init();
  const settings = { seed, epochs, batch: datasets[name].batch };
  const points = await train(comm, dataset, settings, values.checkpoint);
  comm.finalize();
  if (svg === undefined || comm.rank > 0) return;
  const about = `${dataset.title}, by RMSprop on ${comm.size} processes`;
  const standings = points.map(({ loss, accuracy }) => {
    return { loss, measures: { 'test accuracy': accuracy } };
  });
  write(svg, await toSvg(figure({ about, unit: 'epoch', goals: {} }, standings)));
});

async function train(
  comm: Communicator,
  { pixels, classes, title, train, test }: Dataset,
  { seed, epochs, batch }: { seed: number; epochs: number; batch: number },
  checkpoint: string,
): Promise<Point[]> {
  if (batch % comm.size !== 0) {
    comm.abort(`Expected a number of processes that divides ${batch}, the images of a batch.`, 2);
  }
  const network = new Network(pixels, 128, classes, new Random(seed));
  const options = { learningRate: 0.001 };
  const optimizer = await DistributedOptimizer.create(RMSprop, network.parameters, options, {
    comm,
  });

  let done: Progress = { epoch: 0, points: [] };
  if (existsSync(join(checkpoint, 'manifest.safetensors'))) done = await optimizer.load(checkpoint);
  const isFirst = comm.rank === 0;
  const say = (fact: string) => isFirst && console.log(fact);
  say(`${engine()} on each of ${comm.size} processes; ${title}`);
  if (done.epoch > 0) say(`Going on after epoch ${done.epoch} of ${checkpoint}`);

  const progress = isFirst ? showProgress('RMSprop', epochs, 'epoch') : undefined;
  const start = performance.now();
  while (done.epoch < epochs) {
    const epoch = done.epoch + 1;
    // Each epoch has an order of its own, so that it is the same after a new start.
    for (const samples of batches(train, batch, new Random(seed * 10_000 + epoch))) {
      await optimizer.step(network.gradients(shareOf(samples, comm)));
    }
    const { accuracy } = network.evaluate(test);
    const point = { loss: network.evaluate(train).loss, accuracy };
    done = { epoch, points: [...done.points, point] };
    await optimizer.save(checkpoint, { metadata: done });
    progress?.update(epoch, lossAndAccuracy(point));
  }
  progress?.done();

  const { elements, shardElements, state } = optimizer.memory;
  const seconds = (performance.now() - start) / 1000;
  const last = done.points.at(-1) as Point;
  say(
    `A process keeps ${(state / 1024).toFixed(0)} KB of state, of ${shardElements} of ${elements} parameters`,
  );
  say(
    `distributed, ${comm.size} processes, seed ${seed}, ${seconds.toFixed(0)} s: ${lossAndAccuracy(last)}`,
  );
  if (isFirst) await rm(checkpoint, { recursive: true });
  return done.points;
}

/** The samples of a batch that are this process' to look at. */
function shareOf({ count, images, labels }: Samples, { rank, size }: Communicator): Samples {
  const pixels = images.length / count;
  const [first, end] = [(count * rank) / size, (count * (rank + 1)) / size];
  return {
    count: end - first,
    images: images.subarray(first * pixels, end * pixels),
    labels: labels.subarray(first, end),
  };
}
