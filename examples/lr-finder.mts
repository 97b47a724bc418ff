/**
 * Looks for the learning rates of three optimizers with a range test, and trains the small network of the comparison with
 * what it suggests, and with rates below and above it. `npm run lr-finder -- --help` lists the options.
 */
import { Adam, type AnyOptimizer, type LearningRateCurve, lrFinder, RMSprop, SGD } from 'rmsprop';
import type { Optimizer, Tensors } from './contenders.mts';
import { type Dataset, datasets } from './datasets.mts';
import { Failure } from './failure.mts';
import { Network, type Parameters } from './network.mts';
import { integer, parse, writable } from './options.mts';
import { engine, main, write } from './output.mts';
import { Random } from './random.mts';
import { type Column, last, percent, significant, textTable } from './results.mts';
import { batches, train } from './training.mts';

const help = `Finds learning rates for the network of npm start on the digits, and trains with them.

Usage: npm run lr-finder -- [options]

  --seeds N    range tests and trainings of each, with the seeds from 1 on (default: 5)
  --epochs N   of each training (default: 10)
  --quick      one seed, and one epoch
  --svg FILE   the curve of RMSprop with seed 1
  --help       this text
`;

interface Subject {
  name: string;
  create(
    parameters: Parameters,
    learningRate?: number,
  ): AnyOptimizer & { step(gradients: Parameters): void };
}

const subjects: Subject[] = [
  { name: 'RMSprop', create: (params, learningRate) => new RMSprop(params, { learningRate }) },
  { name: 'Adam', create: (params, learningRate) => new Adam(params, { learningRate }) },
  {
    name: 'Nesterov, momentum 0.9',
    create: (params, learningRate) =>
      new SGD(params, { learningRate, momentum: 0.9, nesterov: true }),
  },
];

interface Result {
  subject: Subject;
  suggestions: number[];
  /** Test accuracies at the end: for each multiple of the suggestion those of all seeds. */
  accuracies: number[][];
}

const multiples = [0.01, 0.1, 1, 10, 100];
const shape = { hidden: 128, batch: datasets.digits.batch };

const columns: Column<Result>[] = [
  { heading: ['', 'optimizer'], text: ({ subject }) => subject.name },
  {
    heading: ['suggestion, and', 'that of all seeds'],
    text: ({ suggestions }) => {
      const sorted = suggestions.toSorted((a, b) => a - b);
      const [least, middle, most] = [0, sorted.length >> 1, sorted.length - 1].map((i) =>
        significant(sorted[i]),
      );
      return `${middle} (${least} to ${most})`;
    },
  },
  ...multiples.map(
    (multiple, k): Column<Result> => ({
      heading: ['accuracy', `at ${multiple} x`],
      text: ({ accuracies }) => percent(mean(accuracies[k])),
    }),
  ),
];

await main(async () => {
  const values = parse(process.argv.slice(2), {
    seeds: { type: 'string' },
    epochs: { type: 'string' },
    quick: { type: 'boolean' },
    svg: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return process.stdout.write(help);
  const svg = values.svg === undefined ? undefined : writable('svg', values.svg);
  const seeds = integer('seeds', values.seeds, 1, 1000) ?? (values.quick ? 1 : 5);
  const epochs = integer('epochs', values.epochs, 1, 10_000) ?? (values.quick ? 1 : 10);

  console.log(`${engine()}\n${epochs} epochs, the seeds 1 to ${seeds}\n`);
  const results: Result[] = [];
  for (const subject of subjects) results.push(await measure(subject, seeds, epochs));
  console.log(textTable(columns, results));
  if (svg !== undefined) {
    const curve = await rangeTest(subjects[0], datasets.digits.load(new Random(1)), 1);
    write(svg, `${curve.toSvg({ title: 'RMSprop on handwritten digits' })}\n`);
  }
});

async function measure(subject: Subject, seeds: number, epochs: number): Promise<Result> {
  const result: Result = { subject, suggestions: [], accuracies: multiples.map(() => []) };
  for (let seed = 1; seed <= seeds; seed++) {
    const dataset = datasets.digits.load(new Random(seed));
    const { suggestion } = await rangeTest(subject, dataset, seed);
    if (suggestion === undefined) throw new Failure(`${subject.name} learned at no rate.`);
    result.suggestions.push(suggestion);
    for (const [k, multiple] of multiples.entries()) {
      const create = (parameters: Tensors) =>
        subject.create(parameters as Parameters, multiple * suggestion) as AnyOptimizer & Optimizer;
      const run = await train({ create }, dataset, { ...shape, seed, epochs }, () => {});
      result.accuracies[k].push(last(run).accuracy);
    }
  }
  return result;
}

/** On a network and with batches of its own: those of the training stay as they are. */
function rangeTest(subject: Subject, dataset: Dataset, seed: number): Promise<LearningRateCurve> {
  const random = new Random(seed);
  const network = new Network(dataset.pixels, shape.hidden, dataset.classes, random);
  const endless = (function* () {
    while (true) yield* batches(dataset.train, shape.batch, random);
  })();
  const optimizer = subject.create(network.parameters);
  return lrFinder(optimizer, () => network.lossAndGradients(endless.next().value));
}

function mean(values: number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
