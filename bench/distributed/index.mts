/**
 * Measures steps of a distributed optimizer on one and two processes of this machine, and predicts those of more machines.
 * `npm run bench:distributed -- --help` lists the options.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Command, command } from '../command.mts';
import { notNegative } from '../options.mts';
import { writePage } from '../page.mts';
import { type Column, markdownTable, significant, textTable } from '../table.mts';
import type { Case, Figures, Measured } from './figures.mts';
import { type Projection, project } from './projection.mts';

const help = `Measures steps of a distributed optimizer on this machine, by MPI.

Usage: npm run bench:distributed -- [options]

  --seconds N      for each model (default: 5)
  --patience N     seconds to wait for other programs to leave the processors idle (default: 30)
  --markdown FILE  replaces the tables of a page, docs/distributed.md
  --quick          a few seconds, to see that it works: its figures mean nothing
  --help           this text
`;

const cases: Case[] = [
  { name: 'network of npm start, Fashion-MNIST' },
  { name: '1M', elements: 1e6 },
  { name: '10M', elements: 1e7 },
  { name: '33M', elements: 33e6 },
];

/** Of what could be hidden, how much was. */
function overlap({ communication, mean, update, step }: Figures): number {
  const work = mean + update;
  return (communication + work - step) / Math.min(communication, work);
}

const least = ({ elements, ranks }: Figures) => (2 * (ranks - 1) * 4 * elements) / ranks;

const columns: Column<Figures>[] = [
  { title: 'model', words: true, cell: ({ name }) => name },
  { title: 'parameters', cell: ({ elements }) => `${elements}` },
  { title: 'ranks', cell: ({ ranks }) => `${ranks}` },
  { title: 'gradient', cell: ({ gradient }) => (gradient ? significant(gradient) : '') },
  { title: 'communication', cell: ({ communication }) => significant(communication) },
  { title: 'mean', cell: ({ mean }) => significant(mean) },
  { title: 'update', cell: ({ update }) => significant(update) },
  { title: 'step', cell: ({ step }) => significant(step) },
  {
    title: 'hidden',
    cell: (of) => (of.ranks === 1 ? '' : `${Math.round(100 * Math.max(0, overlap(of)))} %`),
  },
  { title: 'step of one process', cell: ({ single }) => significant(single) },
  { title: 'sent, MB', cell: ({ bytes }) => significant(bytes / 1e6) },
  { title: 'least, MB', cell: (of) => significant(least(of) / 1e6) },
  { title: 'state, MB', cell: ({ state }) => significant(state / 1e6) },
];

const projected: Column<Projection>[] = [
  { title: 'network', words: true, cell: ({ network }) => network },
  { title: 'hosts', cell: ({ hosts }) => `${hosts}` },
  { title: 'communication, ms', cell: ({ communication }) => significant(communication) },
  { title: 'mean and update, ms', cell: ({ computation }) => significant(computation) },
  { title: 'step, ms', cell: ({ step }) => significant(step) },
  { title: 'gradient for 90 %, ms', cell: ({ gradient }) => significant(gradient) },
];

/** Runs the ranks, and reads what rank 0 prints. */
function measure(ranks: number, cases: readonly Case[], seconds: number): Measured {
  const program = fileURLToPath(new URL('./rank.mts', import.meta.url));
  const extra = process.env.MPIRUN_OPTIONS?.split(' ') ?? [];
  const mpi = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', ...extra];
  const options = [...mpi, '-n', `${ranks}`];
  const node = ['node', '--import', 'tsx', program, JSON.stringify(cases), `${seconds}`];
  const env = { ...process.env, TERM: 'dumb' };
  const output = execFileSync('mpirun', [...options, ...node], { encoding: 'utf8', env });
  return JSON.parse(output.trim().split('\n').at(-1) as string);
}

async function run({ own, quick, patience, markdown, title }: Command<'seconds'>) {
  const seconds = quick ? 0.1 : notNegative('seconds', own.seconds);
  console.log(title);
  await patience.waitFor(availableParallelism());

  const chosen = quick ? cases.slice(0, 2) : cases;
  const [one, two] = [1, 2].map((ranks) => measure(ranks, chosen, seconds));
  const figures = chosen.flatMap((_, i) => [one.figures[i], two.figures[i]]);
  console.log(`\nMilliseconds\n\n${textTable(columns, figures)}`);
  const way = `Between two ranks here: ${significant(two.latency * 1e3)} us for a message of nothing, ${significant(two.bandwidth / 1e6)} GB/s each way.`;
  console.log(`\n${way}`);

  const largest = two.figures[two.figures.length - 1];
  const costs = {
    mean: largest.mean / largest.elements,
    update: largest.update / (largest.elements / 2),
  };
  const projections = project(largest.elements, costs);
  console.log(`\nPredicted for ${largest.name} parameters\n\n${textTable(projected, projections)}`);
  if (markdown) {
    writePage(markdown, {
      'distributed run': `${title}. ${way}`,
      distributed: markdownTable(columns, figures),
      projection: markdownTable(projected, projections),
    });
  }
}

await command(help, { seconds: '5' }, run);
