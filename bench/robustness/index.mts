/** How far a learning rate may be off, method by method: `npm run bench:robustness -- --help`. */
import { runtime } from 'rmsprop';
import { integer } from '../../examples/options.mts';
import { write } from '../../examples/output.mts';
import { showProgress } from '../../examples/progress.mts';
import { toSvg } from '../../examples/svg.mts';
import { command } from '../command.mts';
import { list, notNegative, some, writable } from '../options.mts';
import { writePage } from '../page.mts';
import { type Column, markdownTable, significant, type Table, textTable } from '../table.mts';
import { chart } from './chart.mts';
import { type Cost, costs, sizes } from './cost.mts';
import { runAll } from './crew.mts';
import { type Method, methods } from './methods.mts';
import { tasks } from './tasks.mts';
import { best, type Curve, curvesOf, limitOf, mean, sensitivityOf, widthOf } from './width.mts';

const [reference] = methods;
const keys = methods.map(({ key }) => key);

const help = `Trains small models at many learning rates, with methods that differ in what they make of a bad one.

Usage: npm run bench:robustness -- [options]

  --tasks LIST     some of ${tasks.map(({ name }) => name).join(', ')} (default: all)
  --methods LIST   some of ${keys.slice(0, 4).join(', ')},
                   ${keys.slice(4).join(', ')} (default: all);
                   ${reference.key}, which the others are compared with, always takes part
  --seeds N        trainings of each, with the seeds from 1 on (default: 3)
  --seconds N      of timing steps, for each size and number of threads (default: 20)
  --patience N     seconds to wait for an idle machine before steps are timed (default: 30)
  --svg FILE       the curves
  --markdown FILE  replaces the tables of a page, docs/learning-rate.md
  --quick          one seed, three rates, a few steps: a look at whether it works
  --help           this text
`;

/** Two to each power of ten. */
const rates = Array.from({ length: 15 }, (_, k) => Number((10 ** (k / 2 - 6)).toPrecision(1)));

const shown = (rate: number) => (rate < 1e-3 ? rate.toExponential(0) : `${rate}`);

const title = ({ name }: { name: string }) => name;

/** A table with a row for each method and a column for each task. */
function perTask(
  table: Table,
  methods: readonly Method[],
  names: readonly string[],
  cell: (curve: Curve) => string,
  summary: readonly Column<Method>[],
  find: (method: string, task: string) => Curve,
): string {
  const columns: Column<Method>[] = [
    { title: 'method', words: true, cell: title },
    ...names.map((task) => ({
      title: task,
      cell: ({ name }: Method) => cell(find(name, task)),
    })),
    ...summary,
  ];
  return table(columns, methods);
}

function costTable(table: Table, methods: readonly Method[], found: readonly Cost[]): string {
  const threads = [...new Set(found.map((cost) => cost.threads))];
  const columns: Column<Method>[] = [
    { title: 'method', words: true, cell: title },
    ...sizes.flatMap((size) =>
      threads.map((count) => ({
        title: `${size}, ${count} ${count === 1 ? 'thread' : 'threads'}`,
        cell: ({ name }: Method) => {
          const cost = found.find(
            (one) => one.method === name && one.size === size && one.threads === count,
          ) as Cost;
          const { median, lower, upper } = cost.ratio;
          return `${median.toFixed(2)} (${lower.toFixed(2)}-${upper.toFixed(2)})`;
        },
      })),
    ),
  ];
  return table(columns, methods);
}

await command(
  help,
  { tasks: tasks.map(title).join(), methods: keys.join(), seeds: '3', seconds: '20', svg: '' },
  async ({ own, quick, patience, markdown, title: machine }) => {
    const names = some('tasks', tasks.map(title), list(own.tasks));
    const chosen = tasks.filter(({ name }) => names.includes(name));
    const asked = some('methods', keys, list(own.methods));
    const taking = methods.filter((method) => method === reference || asked.includes(method.key));
    const svg = own.svg === '' ? undefined : writable('svg', own.svg);
    const seeds = quick ? 1 : (integer('seeds', own.seeds, 1, 1000) ?? 3);
    const grid = quick ? [1e-4, 1e-2, 1] : rates;
    console.log(machine);
    // Long and short trainings in turn, so that all processors are done at about the same time.
    const requests = Array.from({ length: seeds }, (_, k) => k + 1).flatMap((seed) =>
      chosen.flatMap(({ name: task, steps }) =>
        taking.flatMap(({ name: method }) =>
          grid.map((rate) => ({ task, method, rate, seed, steps: quick ? 20 : steps })),
        ),
      ),
    );
    const progress = showProgress('trainings', requests.length, 'training');
    const trials = await runAll(requests, ({ task, method, rate, final }, done) =>
      progress.update(done, `${task}, ${method}, ${shown(rate)}: ${significant(final)}`),
    );
    progress.done();

    const curves = curvesOf(trials);
    const find = (method: string, task: string) =>
      curves.find((curve) => curve.method === method && curve.task === task) as Curve;
    const limits = new Map(names.map((task) => [task, limitOf(find(reference.name, task))]));
    const width = (curve: Curve) => widthOf(curve, limits.get(curve.task) as number);
    const decades = (curve: Curve) => width(curve)?.decades ?? 0;
    const ofAll = (name: string, value: (curve: Curve) => number) =>
      names.map((task) => value(find(name, task)));
    const usable = (table: Table) =>
      perTask(
        table,
        taking,
        names,
        (curve) => {
          const { from, to } = width(curve) ?? {};
          return from === undefined
            ? 'none'
            : `${decades(curve).toFixed(1)} (${shown(from)} to ${shown(to as number)})`;
        },
        [
          { title: 'mean', cell: ({ name }) => mean(ofAll(name, decades)).toFixed(1) },
          { title: 'least', cell: ({ name }) => Math.min(...ofAll(name, decades)).toFixed(1) },
        ],
        find,
      );
    const bestLoss = (table: Table) =>
      perTask(
        table,
        taking,
        names,
        (curve) => `${significant(best(curve).mean)} (${shown(best(curve).rate)})`,
        [],
        find,
      );
    const sensitivity = (table: Table) =>
      perTask(
        table,
        taking,
        names,
        (curve) => sensitivityOf(curve).toFixed(2),
        [{ title: 'mean', cell: ({ name }) => mean(ofAll(name, sensitivityOf)).toFixed(2) }],
        find,
      );

    const quiet = await patience.waitFor(runtime().threads);
    const found = await costs(taking, quick ? 0.2 : notNegative('seconds', own.seconds));
    const busy = quiet ? '' : 'The machine was busy: measure again when it is quiet.';
    for (const [heading, text] of [
      ['Usable range in decades, and from where to where', usable(textTable)],
      ['Best loss on the test data, and its rate', bestLoss(textTable)],
      ['Sensitivity: mean over the grid of the loss above the best', sensitivity(textTable)],
      ['Time of a step over that of RMSprop, and quartiles', costTable(textTable, taking, found)],
    ]) {
      console.log(`\n${heading}\n\n${text}`);
    }
    if (busy) console.log(`\n${busy}`);
    if (svg) write(svg, await toSvg(chart(curves, chosen, taking)));
    if (!markdown) return;
    writePage(markdown, {
      'robustness run': [machine, busy].join('. ').trim(),
      usable: usable(markdownTable),
      best: bestLoss(markdownTable),
      sensitivity: sensitivity(markdownTable),
      cost: costTable(markdownTable, taking, found),
    });
  },
);
