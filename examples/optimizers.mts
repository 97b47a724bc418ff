/**
 * Trains the same small neural network on real images with the optimizers of this package, each
 * from the same first weights and through the same batches; prints what came of it and writes a
 * report. `npm start -- --help` lists the options.
 */
import { drawCharts } from './charts.mts';
import { datasets } from './datasets.mts';
import { Failure } from './failure.mts';
import { help, type Options, readOptions } from './options.mts';
import { engine, main, write } from './output.mts';
import { showProgress } from './progress.mts';
import { Random } from './random.mts';
import { htmlReport } from './report.mts';
import { columns, lossAndAccuracy, textTable } from './results.mts';
import { type Point, type Run, train, warmUp } from './training.mts';

await main(() => {
  const options = readOptions(process.argv.slice(2));
  if (options !== 'help') return compare(options);
  process.stdout.write(help);
});

async function compare(options: Options): Promise<void> {
  const { batch, epochs, hidden, seed } = options;
  const { load, target } = datasets[options.data];
  const dataset = load(new Random(seed), options.folder);
  const { title, pixels, classes, train: training, test } = dataset;
  if (batch > training.count) {
    throw new Failure(`Expected --batch to be at most ${training.count}, the training images.`, 2);
  }

  const parameters = (pixels + 1) * hidden + (hidden + 1) * classes;
  const facts = [
    engine(),
    `${title}: ${thousands(training.count)} to learn from, ${thousands(test.count)} to test with`,
    `network ${pixels}-${hidden}-${classes} with ${thousands(parameters)} parameters; ` +
      `${epochs} epochs of ${Math.floor(training.count / batch)} batches of ${batch}; seed ${seed}`,
  ];
  console.log(`${facts.join('\n')}\n`);

  warmUp(options.contenders, dataset, batch, hidden);
  const runs: Run[] = [];
  for (const contender of options.contenders) {
    const progress = showProgress(contender.name, epochs, 'epoch');
    const onEpoch = (epoch: number, point: Point) => progress.update(epoch, lossAndAccuracy(point));
    runs.push(await train(contender, dataset, { seed, epochs, batch, hidden }, onEpoch));
    progress.done();
  }
  console.log(`\n${textTable(columns(target), runs)}\n`);

  const charts = await drawCharts(runs, target);
  write(options.output, htmlReport(runs, { facts, target, charts }));
  if (options.svg !== undefined) write(options.svg, charts);
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}
