/**
 * Trains networks with other libraries, with their own optimizers and with this package's, side by side.
 * `npm run bench:ecosystem -- --help` lists the options.
 */
import { type Command, command } from '../command.mts';
import { notNegative, some } from '../options.mts';
import { writePage } from '../page.mts';
import { type Column, markdownTable, significant, textTable } from '../table.mts';
import { ecosystemTargets } from '../targets.mts';
import { jax } from './jax.mts';
import { type Network, networks, type Rule, rules } from './library.mts';
import { type Comparison, compare, type Result } from './measured.mts';
import { tensorflow } from './tensorflow.mts';

const libraries = [tensorflow('cpu'), tensorflow('wasm'), jax];
const keys = libraries.map(({ key }) => key);

const help = `Times training steps of other libraries, with their own optimizers and with this package's.

Usage: npm run bench:ecosystem -- [options]

  --libraries LIST ${keys.join(', ')} (default: all)
  --seconds N      for each comparison (default: 6)
  --patience N     seconds to wait in all for other programs to leave a processor idle (default: 30)
  --markdown FILE  replaces the table of a page, docs/tensorflow-js.md
  --quick          a few seconds, to see that it works: its figures mean nothing
  --help           this text
`;

const times = ({ own, ours }: Comparison) => [own, ours].map(({ median }) => significant(median));
const ratio = ({ ratio: { median, lower, upper } }: Comparison) =>
  `${significant(median)} (${significant(lower)}-${significant(upper)})`;
const targets = ({ library, network }: Result) => ecosystemTargets(library.key, network);
const target = (least: number | undefined) => (least === undefined ? '' : `>= ${least}`);

const columns: Column<Result>[] = [
  { title: 'library', words: true, cell: ({ library }) => library.name },
  { title: 'network', words: true, cell: ({ network }) => networks[network].name },
  { title: 'rule', words: true, cell: ({ rule }) => rules[rule] },
  { title: 'parameters', cell: ({ parameters }) => `${parameters}` },
  { title: 'step, its own, ms', cell: ({ step }) => times(step)[0] },
  { title: 'ours, ms', cell: ({ step }) => times(step)[1] },
  { title: 'times', cell: ({ step }) => ratio(step) },
  { title: 'target', cell: (result) => target(targets(result).step) },
  { title: 'whole, its own, ms', cell: ({ whole }) => times(whole)[0] },
  { title: 'ours, ms', cell: ({ whole }) => times(whole)[1] },
  { title: 'times', cell: ({ whole }) => ratio(whole) },
  { title: 'target', cell: (result) => target(targets(result).whole) },
  {
    title: '',
    words: true,
    cell: (result) => {
      const { step = 0, whole = 0 } = targets(result);
      const reached = result.step.ratio.median >= step && result.whole.ratio.median >= whole;
      return reached ? '' : 'missed';
    },
  },
];

async function run(given: Command<'libraries' | 'seconds'>) {
  const { own, quick, patience, markdown, title } = given;
  const chosen = some('libraries', keys, own.libraries.split(','));
  const budget = quick
    ? { seconds: 0.05, timing: 0.2, leastRounds: 2, leastTimings: 1 }
    : {
        seconds: notNegative('seconds', own.seconds),
        timing: 1,
        leastRounds: 22,
        leastTimings: 11,
      };
  console.log(title);
  const results: Result[] = [];
  for (const library of libraries.filter(({ key }) => chosen.includes(key))) {
    for (const network of Object.keys(networks) as Network[]) {
      for (const rule of Object.keys(rules) as Rule[]) {
        await patience.waitFor(1);
        results.push(await compare(library, network, rule, budget));
      }
    }
  }
  console.log(
    '\nMedian milliseconds; times: its own over ours, median and quartiles of all rounds\n',
  );
  console.log(textTable(columns, results));
  if (markdown) {
    writePage(markdown, { 'ecosystem run': title, ecosystem: markdownTable(columns, results) });
  }
}

await command(help, { libraries: keys.join(), seconds: '6' }, run);
