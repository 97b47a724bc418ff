/** What the options around the step cost, beside the bytes that they move: `npm run bench:options -- --help`. */
import { parseArgs } from 'node:util';
import { RMSprop, runtime } from 'rmsprop';
import { describeMachine, machineLine } from '../machine.mts';
import { local, measure } from '../measure.mts';
import { page } from '../options.mts';
import { writePage } from '../page.mts';
import { Patience } from '../quiet.mts';
import { ratiosOf, type Spread } from '../spread.mts';
import { type Column, markdownTable, textTable } from '../table.mts';
import { createTensors, parseShape } from '../tensors.mts';
import { type Case, cases, RULE_BYTES } from './cases.mts';

const help = `Times steps of RMSprop with each option around the step, in turn with steps without.

Usage: npm run bench:options -- [options]

  --seconds N      for each size (default: 30)
  --markdown FILE  replaces the table of a page, docs/around-the-step.md
  --help           this text
`;

/** One size that the first caches hold, and one in memory, on all threads: there the bytes count. */
const sizes = ['8K', '8M'];

/** Time with the option over time without, size by size. */
interface Row extends Case {
  readonly ratios: Spread[];
}

/** Sums of gradients take turns: a run is one of each call. */
const CALLS = 2;

async function compare(size: string, seconds: number): Promise<Spread[]> {
  const { parameters, gradients } = createTensors(parseShape(size));
  const prepare = (options: object) => {
    const own = parameters.map((values) => values.slice());
    const given = gradients.map((values) => values.slice());
    const optimizer = new RMSprop(own, options);
    return local(() => {
      for (let call = 0; call < CALLS; call++) optimizer.step(given);
    });
  };
  const hosts = Object.fromEntries(cases.map(({ name, options }) => [name, prepare(options)]));
  const budget = { seconds, timing: 2, leastRounds: 5, leastTimings: 0 };
  const { nanoseconds } = await measure({ without: prepare({}), ...hosts }, {}, budget);
  return cases.map(({ name }) => ratiosOf(nanoseconds[name], nanoseconds.without));
}

const columns: Column<Row>[] = [
  { title: 'option', words: true, cell: ({ name }) => `\`${name}\`` },
  { title: 'bytes', cell: ({ bytes }) => (1 + bytes / RULE_BYTES).toFixed(2) },
  ...sizes.flatMap((size, i): Column<Row>[] => [
    { title: `time, ${size}`, cell: ({ ratios }) => ratios[i].median.toFixed(2) },
    {
      title: 'quartiles',
      cell: ({ ratios }) => `${ratios[i].lower.toFixed(2)}-${ratios[i].upper.toFixed(2)}`,
    },
  ]),
];

async function run(seconds: number, markdown: string | undefined) {
  const machine = describeMachine();
  const title = machineLine(machine, new Date());
  console.log(title);
  const { threads } = runtime();
  const quiet = await new Patience(30).waitFor(threads);
  const bySize: Spread[][] = [];
  for (const size of sizes) bySize.push(await compare(size, seconds));
  const rows = cases.map((each, k) => ({ ...each, ratios: bySize.map((spreads) => spreads[k]) }));
  console.log(`\n${textTable(columns, rows)}`);
  const busy = quiet ? '' : 'The machine was busy: measure again when it is quiet.';
  if (busy) console.log(`\n${busy}`);
  if (!markdown) return;
  writePage(markdown, {
    'options run': [title, busy].join('. ').trim(),
    options: markdownTable(columns, rows),
  });
}

try {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '30' },
      markdown: { type: 'string' },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  if (values.help) process.stdout.write(help);
  else await run(Number(values.seconds), page('markdown', values.markdown));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
