/**
 * Trains the small network of the comparison with every optimizer at every learning rate of a grid, with several seeds: where
 * each is at its best, and how far its rate may be off. `npm run sweep -- --help` lists the options.
 */
import type { TopLevelSpec } from 'vega-lite';
import type { Contender } from './contenders.mts';
import { datasets } from './datasets.mts';
import { chosen, integer, parse, writable } from './options.mts';
import { engine, main, write } from './output.mts';
import { showProgress } from './progress.mts';
import { Random } from './random.mts';
import { type Column, last, lossAndAccuracy, percent, significant, textTable } from './results.mts';
import { style, toSvg } from './svg.mts';
import { type Point, train } from './training.mts';

const help = `Trains the network of npm start on the digits at many learning rates.

Usage: npm run sweep -- [options]

  --optimizers LIST  some of those of npm start, separated by commas (default: all)
  --seeds N          trainings of each, with the seeds from 1 on (default: 5)
  --epochs N         of each training (default: 20)
  --quick            one seed, two epochs, three rates
  --svg FILE         the curves
  --help             this text
`;

/** Two to each power of ten. */
const rates = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3, 10];

/** A rate is usable if it costs at most this much of the accuracy at the best one. */
const TOLERANCE = 0.01;

/** What one optimizer makes of one rate: the ends of the trainings with all seeds. */
interface Trial {
  rate: number;
  ends: Point[];
}

interface Result {
  contender: Contender;
  trials: Trial[];
}

const columns: Column<Result>[] = [
  { heading: ['', 'optimizer'], text: ({ contender }) => contender.name },
  { heading: ['best', 'rate'], text: (result) => String(best(result).rate) },
  {
    heading: ['accuracy there:', 'mean (least to most)'],
    text: (result) => {
      const all = best(result).ends.map((end) => end.accuracy);
      return `${percent(mean(all))} (${percent(Math.min(...all))} to ${percent(Math.max(...all))})`;
    },
  },
  {
    heading: ['final', 'loss there'],
    text: (result) => significant(mean(best(result).ends.map(({ loss }) => loss))),
  },
  {
    heading: ['usable rates:', 'from, to'],
    text: (result) => {
      const { from, to } = usable(result);
      return `${from} to ${to}`;
    },
  },
  {
    heading: ['', 'ratio'],
    text: (result) => {
      const { from, to } = usable(result);
      return String(Math.round(to / from));
    },
  },
];

const shape = { hidden: 128, batch: datasets.digits.batch };

await main(async () => {
  const values = parse(process.argv.slice(2), {
    optimizers: { type: 'string' },
    seeds: { type: 'string' },
    epochs: { type: 'string' },
    quick: { type: 'boolean' },
    svg: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return process.stdout.write(help);
  const svg = values.svg === undefined ? undefined : writable('svg', values.svg);
  const seeds = integer('seeds', values.seeds, 1, 1000) ?? (values.quick ? 1 : 5);
  const epochs = integer('epochs', values.epochs, 1, 10_000) ?? (values.quick ? 2 : 20);
  const grid = values.quick ? [1e-3, 1e-2, 0.1] : rates;

  console.log(`${engine()}\n${epochs} epochs, the seeds 1 to ${seeds}\n`);
  const results: Result[] = [];
  for (const contender of chosen(values.optimizers)) {
    results.push(await sweep(contender, grid, seeds, epochs));
  }
  const ranked = results.toSorted((a, b) => accuracy(best(b)) - accuracy(best(a)));
  console.log(`\n${textTable(columns, ranked)}\n`);
  console.log(
    `Accuracies are those on the test data at the end of training, over the seeds. A rate is usable if its\n` +
      `mean accuracy is at most ${percent(TOLERANCE)} below that of the best rate.`,
  );
  if (svg !== undefined) write(svg, await toSvg(chart(results)));
});

async function sweep(
  contender: Contender,
  grid: readonly number[],
  seeds: number,
  epochs: number,
): Promise<Result> {
  const trials: Trial[] = grid.map((rate) => ({ rate, ends: [] }));
  const progress = showProgress(contender.name, grid.length * seeds, 'training');
  for (const { rate, ends } of trials) {
    for (let seed = 1; seed <= seeds; seed++) {
      const dataset = datasets.digits.load(new Random(seed));
      const subject = { ...contender, create: contender.withRate(rate) };
      const run = await train(subject, dataset, { ...shape, seed, epochs }, () => {});
      ends.push(last(run));
      progress.update(trials.flatMap((trial) => trial.ends).length, lossAndAccuracy(last(run)));
    }
  }
  progress.done();
  return { contender, trials };
}

function accuracy({ ends }: Trial): number {
  return mean(ends.map((end) => end.accuracy));
}

function best({ trials }: Result): Trial {
  return trials.reduce((a, b) => (accuracy(b) > accuracy(a) ? b : a));
}

/** The rates around the best one that are usable without a gap. */
function usable(result: Result): { from: number; to: number } {
  const { trials } = result;
  const middle = trials.indexOf(best(result));
  const least = accuracy(trials[middle]) - TOLERANCE;
  let [first, end] = [middle, middle + 1];
  while (first > 0 && accuracy(trials[first - 1]) >= least) first--;
  while (end < trials.length && accuracy(trials[end]) >= least) end++;
  return { from: trials[first].rate, to: trials[end - 1].rate };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** Mean accuracies as lines, the range over the seeds as bands. */
function chart(results: Result[]): TopLevelSpec {
  const contenders = results.map(({ contender }) => contender);
  const names = contenders.map(({ name }) => name);
  const x = {
    field: 'rate',
    type: 'quantitative',
    scale: { type: 'log' },
    axis: { title: 'learning rate', grid: false, format: '~g', tickCount: 7 },
  } as const;
  const y = (field: 'mean' | 'least') =>
    ({ field, type: 'quantitative', axis: { title: null, format: '.0%' } }) as const;
  const color = {
    field: 'optimizer',
    scale: { domain: names, range: contenders.map(({ colour }) => colour) },
    legend: {
      title: null,
      orient: 'bottom',
      columns: 4,
      symbolType: 'stroke', // beside areas the default would be a disc
      symbolFillColor: 'transparent',
      symbolSize: 700,
      symbolStrokeWidth: 2.5,
      symbolOpacity: 1,
    },
  } as const;
  const strokeDash = {
    field: 'optimizer',
    scale: { domain: names, range: contenders.map(({ dash }) => dash) },
  };
  return {
    background: 'white',
    padding: 12,
    width: 760,
    height: 380,
    title: 'Test accuracy at the end of training, by learning rate',
    data: {
      values: results.flatMap(({ contender, trials }) =>
        trials.map((trial) => {
          const all = trial.ends.map((end) => end.accuracy);
          const [least, most] = [Math.min(...all), Math.max(...all)];
          return { optimizer: contender.name, rate: trial.rate, mean: mean(all), least, most };
        }),
      ),
    },
    layer: [
      {
        mark: { type: 'area', opacity: 0.1 },
        encoding: { x, y: y('least'), y2: { field: 'most' }, color },
      },
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { x, y: y('mean'), color, strokeDash } },
    ],
    config: style,
  };
}
