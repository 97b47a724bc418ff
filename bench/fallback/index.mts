/** What a step costs where no binary runs, beside a loop written by hand: `npm run bench:fallback -- --help`. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine, machineLine } from '../machine.mts';
import { page } from '../options.mts';
import { writePage } from '../page.mts';
import { Patience } from '../quiet.mts';
import { ratiosOf, type Spread, spreadOf } from '../spread.mts';
import { type Column, markdownTable, textTable } from '../table.mts';
import { parseShape } from '../tensors.mts';
import { plain } from './plain.mts';

const help = `Times steps of the TypeScript engine in float32, in turn with loops written by hand.

Usage: npm run bench:fallback -- [options]

  --seconds N      for each rule and size (default: 20)
  --quick          a look at small tensors only
  --markdown FILE  replaces the table of a page, docs/reliability.md
  --help           this text
`;

interface Row {
  readonly rule: string;
  readonly size: string;
  /** Nanoseconds for an element. */
  readonly engine: Spread;
  readonly byHand: Spread;
  readonly ratio: Spread;
}

function time(rule: string, size: string, seconds: number): Row {
  const program = fileURLToPath(new URL('case.mts', import.meta.url));
  const args = [...process.execArgv, program, rule, size, `${seconds}`];
  const times = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  const { length } = parseShape(size);
  const perElement = (calls: number[]) => spreadOf(calls.map((time) => time / length));
  return {
    rule,
    size,
    engine: perElement(times.engine),
    byHand: perElement(times.plain),
    ratio: ratiosOf(times.engine, times.plain),
  };
}

const columns: Column<Row>[] = [
  { title: 'rule', words: true, cell: ({ rule }) => rule },
  { title: 'elements', cell: ({ size }) => size },
  { title: 'engine, ns', cell: ({ engine }) => engine.median.toFixed(1) },
  { title: 'by hand, ns', cell: ({ byHand }) => byHand.median.toFixed(1) },
  { title: 'ratio', cell: ({ ratio }) => ratio.median.toFixed(1) },
  {
    title: 'quartiles',
    cell: ({ ratio }) => `${ratio.lower.toFixed(1)}-${ratio.upper.toFixed(1)}`,
  },
];

async function run(sizes: readonly string[], seconds: number, markdown: string | undefined) {
  const title = machineLine(describeMachine(), new Date());
  console.log(title);
  const quiet = await new Patience(30).waitFor(1);
  const rows = Object.keys(plain).flatMap((rule) => sizes.map((size) => time(rule, size, seconds)));
  console.log(`\n${textTable(columns, rows)}`);
  const busy = quiet ? '' : 'The machine was busy: measure again when it is quiet.';
  if (busy) console.log(`\n${busy}`);
  if (!markdown) return;
  writePage(markdown, {
    'fallback run': [title, busy].join('. ').trim(),
    fallback: markdownTable(columns, rows),
  });
}

try {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '20' },
      quick: { type: 'boolean', default: false },
      markdown: { type: 'string' },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  const markdown = page('markdown', values.markdown);
  if (values.help) process.stdout.write(help);
  else if (values.quick) await run(['64K'], 1, markdown);
  else await run(['1M', '33M'], Number(values.seconds), markdown);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
