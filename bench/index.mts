/**
 * Times the steps of the optimizers against the limit loop and prints ratios; see README.md.
 * `npm run bench -- --help` lists the options.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { runtime } from 'rmsprop';
import { contenders } from './contenders.mts';
import { help, type Options, readOptions } from './options.mts';
import { compare, type Result } from './results.mts';
import { textTable } from './table.mts';
import { createTensors } from './tensors.mts';

function parse(): Options | 'help' | undefined {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
    return undefined;
  }
}

function run({ shapes, threads, isas, budget, json }: Options) {
  const { version, isa } = runtime();
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    threads: cpus().length,
    isa,
    node: process.version,
    rmsprop: version,
  };
  console.log(
    `${machine.cpu}, ${machine.threads} threads, ${isa}; Node ${machine.node}, rmsprop ${version}`,
  );
  console.log('ns are per parameter; ratio is time of the limit loop / time of the step\n');

  const results: Result[] = [];
  for (const shape of shapes) {
    const tensors = createTensors(shape);
    for (const contender of contenders) {
      for (const isa of isas) {
        for (const count of threads) {
          results.push(compare(contender, tensors, count, isa, budget));
          if (process.stderr.isTTY) process.stderr.write(`\r${results.length} cases measured`);
        }
      }
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  console.log(textTable(results));
  warnOfInterruptions(results);
  if (json) writeFileSync(json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}

function warnOfInterruptions(results: readonly Result[]) {
  const most = Math.max(...results.map(({ interrupted }) => interrupted));
  if (most < 0.1) return;
  const percent = Math.round(100 * most);
  console.log(
    `\nThe machine was busy: in one case other programs interrupted ${percent} % of the timings.`,
  );
}

const options = parse();
if (options === 'help') process.stdout.write(help);
else if (options) run(options);
