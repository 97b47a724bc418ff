/**
 * Predicts steps from bytes and bandwidths, and checks the prediction on this machine; see model.mts and sharding.mts.
 * `npm run bench:scaling -- --help` lists the options.
 */
import { writeFileSync } from 'node:fs';
import { drawScaling } from '../charts/scaling.mts';
import { describeMachine, machineLine } from '../machine.mts';
import { writePage } from '../page.mts';
import { Patience } from '../quiet.mts';
import { writeRecord } from '../record.mts';
import { measureAll } from './measured.mts';
import { stepTime } from './model.mts';
import { help, type Options, readOptions } from './options.mts';
import { parts, report } from './report.mts';
import { predictions, serversLike } from './servers.mts';
import { breakEvens } from './sharding.mts';

async function run(options: Options) {
  const start = new Date();
  const machine = describeMachine();
  const title = machineLine(machine, start);
  console.log(title);
  const quiet = await new Patience(options.patience).waitFor(machine.processors);
  const measured = await measureAll(machine, options);
  const { costs, computer, steps, interrupted } = measured;
  const checks = costs.flatMap((cost) =>
    steps
      .filter(({ rule }) => rule === cost.rule)
      .map((step) => ({ ...step, predicted: stepTime(cost, computer, step, step.threads) })),
  );
  const servers = serversLike(computer);
  const memories = [
    { name: `this machine, ${measured.threads} threads`, bandwidth: computer.memory.all },
    ...servers.map(({ name, memory }) => ({ name, bandwidth: memory.all })),
  ];
  const figures = {
    measured,
    checks,
    predictions: predictions(costs[0], servers),
    memories,
    sharding: breakEvens(costs[0].rule, memories),
  };
  console.log(`\n${report(figures)}`);

  const warning = busyness(quiet, interrupted);
  if (warning) console.log(`\n${warning}`);

  if (options.markdown) {
    const run = [title, warning].join('. ').trim();
    writePage(options.markdown, { 'scaling run': run, ...parts(figures) });
  }
  if (options.json) writeRecord(options.json, { date: start, machine, quiet, ...figures });
  if (options.svg) {
    const caption = `${machine.processor}, ${machine.isa}, ${start.toISOString().slice(0, 10)}`;
    writeFileSync(options.svg, await drawScaling(costs[0], servers[1], measured, checks, caption));
  }
}

function busyness(quiet: boolean, interrupted: number): string {
  if (quiet && interrupted <= 0.1) return '';
  const share = `other programs interrupted ${Math.round(100 * interrupted)} % of the timings`;
  return `The machine was busy, ${share}: measure again when it is quiet.`;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(help);
  else await run(options);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
