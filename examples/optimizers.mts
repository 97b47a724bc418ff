/**
 * Trains the same small neural network on real images with eight optimizers of this package, each
 * from the same first weights and through the same batches; prints what came of it and writes a
 * report. `npm start -- --help` lists the options.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runtime } from 'rmsprop';
import { drawCharts } from './charts.mts';
import { datasets } from './datasets.mts';
import { Failure } from './failure.mts';
import { help, type Options, readOptions } from './options.mts';
import { showProgress } from './progress.mts';
import { Random } from './random.mts';
import { htmlReport } from './report.mts';
import { textTable } from './results.mts';
import { type Run, train, warmUp } from './training.mts';

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(help);
  else await compare(options);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}

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
    const progress = showProgress(contender.name, epochs);
    runs.push(await train(contender, dataset, { seed, epochs, batch, hidden }, progress.epoch));
    progress.done();
  }
  console.log(`\n${textTable(runs, target)}\n`);

  const charts = await drawCharts(runs, target);
  write(options.output, htmlReport(runs, { facts, target, charts }));
  if (options.svg !== undefined) write(options.svg, charts);
}

/** Which build of the package does the steps. */
function engine(): string {
  const { version, native, isa, threads } = runtime();
  return native
    ? `rmsprop ${version} · ${isa} · ${threads} ${threads === 1 ? 'thread' : 'threads'}`
    : `rmsprop ${version} · in TypeScript, without the native kernel`;
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new Failure(`Could not write ${resolve(path)}: ${(error as Error).message}.`);
  }
  console.log(`Wrote ${resolve(path)}`);
}
