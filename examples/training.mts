import { setImmediate } from 'node:timers/promises';
import { type AnyOptimizer, Scheduler } from 'rmsprop';
import type { Contender, Optimizer } from './contenders.mts';
import type { Dataset, Samples } from './datasets.mts';
import { Network } from './network.mts';
import { Random } from './random.mts';

/** What a training uses of a contender. */
type Trained = Pick<Contender, 'create' | 'averages' | 'schedule'>;

/** How well the network does after an epoch: loss on the training data, accuracy on the others. */
export interface Point {
  loss: number;
  accuracy: number;
}

export interface Run<C = Contender> {
  contender: C;
  /** Before training, then after each epoch. */
  points: Point[];
  /** Of the training, without the evaluations. */
  seconds: number;
  /** Of that, in `optimizer.step`. */
  optimizerSeconds: number;
  steps: number;
}

/**
 * Trains the network with one optimizer. Every contender starts from the same parameters and sees
 * the same batches in the same order, because both come from the seed alone.
 */
export async function train<C extends Trained>(
  contender: C,
  dataset: Dataset,
  { seed, epochs, batch, hidden }: { seed: number; epochs: number; batch: number; hidden: number },
  onEpoch: (epoch: number, point: Point) => void,
): Promise<Run<C>> {
  const random = new Random(seed);
  const network = new Network(dataset.pixels, hidden, dataset.classes, random);
  const optimizer = contender.create(network.parameters);
  const scheduler = scheduled(
    contender,
    optimizer,
    epochs * Math.floor(dataset.train.count / batch),
  );
  const evaluate = (): Point => {
    if (contender.averages) optimizer.swapInAverages();
    const { loss } = network.evaluate(dataset.train);
    const { accuracy } = network.evaluate(dataset.test);
    if (contender.averages) optimizer.swapOutAverages();
    return { loss, accuracy };
  };

  const run: Run<C> = {
    contender,
    points: [evaluate()],
    seconds: 0,
    optimizerSeconds: 0,
    steps: 0,
  };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    for (const samples of batches(dataset.train, batch, random)) {
      const gradients = network.gradients(samples);

      const before = performance.now();
      optimizer.step(gradients);
      run.optimizerSeconds += (performance.now() - before) / 1000;
      scheduler?.step();
      run.steps++;
    }
    run.seconds += (performance.now() - start) / 1000;

    const point = evaluate();
    run.points.push(point);
    onEpoch(epoch, point);
    await setImmediate(); // lets Ctrl-C and the terminal have their turn
  }
  return run;
}

/** What sets the rates of so many steps, if anything does. */
function scheduled(contender: Trained, optimizer: Optimizer, steps: number): Scheduler | undefined {
  const { schedule } = contender;
  return schedule && new Scheduler(optimizer as AnyOptimizer & Optimizer, schedule(steps));
}

/** Has the kernels and the code compiled before a clock runs, so that the first contender does not pay for all. */
export function warmUp(
  contenders: readonly Contender[],
  dataset: Dataset,
  batch: number,
  hidden: number,
): void {
  const network = new Network(dataset.pixels, hidden, dataset.classes, new Random(0));
  const gradients = network.gradients(emptyBatch(batch, dataset.pixels));
  const steps = 200;
  for (const contender of contenders) {
    const optimizer = contender.create(network.parameters);
    scheduled(contender, optimizer, steps);
    for (let t = 0; t < steps; t++) optimizer.step(gradients);
  }
}

/** Goes once through the samples, in random order. All batches are one object, filled anew. */
export function* batches(from: Samples, batch: number, random: Random): Generator<Samples> {
  const samples = emptyBatch(batch, from.images.length / from.count);
  const order = random.permutation(from.count);
  // The few images that do not fill a batch wait for another epoch, with another order.
  for (let first = 0; first + batch <= order.length; first += batch) {
    fillBatch(samples, from, order.subarray(first, first + batch));
    yield samples;
  }
}

function emptyBatch(count: number, pixels: number): Samples {
  return { count, images: new Float32Array(count * pixels), labels: new Uint8Array(count) };
}

function fillBatch(batch: Samples, from: Samples, order: Uint32Array): void {
  const pixels = batch.images.length / batch.count;
  order.forEach((index, i) => {
    batch.images.set(from.images.subarray(index * pixels, (index + 1) * pixels), i * pixels);
    batch.labels[i] = from.labels[index];
  });
}
