/**
 * Measures for how long asynchronous steps hold the event loop.
 * `npm run bench:event-loop -- --help` lists the options.
 */
import { runtime } from 'rmsprop';
import { type Command, command } from '../command.mts';
import { writePage } from '../page.mts';
import { type Column, markdownTable, significant, textTable } from '../table.mts';
import { HELD_TARGET } from '../targets.mts';
import { parseShape } from '../tensors.mts';
import { type Held, measureHeld, type Result } from './measured.mts';

const help = `Measures for how long synchronous and asynchronous steps hold the event loop.

Usage: npm run bench:event-loop -- [options]

  --patience N     seconds to wait for other programs to leave the processors idle (default: 30)
  --markdown FILE  replaces the table of a page, docs/reliability.md
  --quick          a few seconds, to see that it works: its figures mean nothing
  --help           this text
`;

const sizes = ['16', '1M', '33M', '200x1000', '2000x1000'];

const pair = ({ median, percentile95 }: Held) =>
  `${significant(median)}, ${significant(percentile95)}`;

const columns: Column<Result>[] = [
  { title: 'rule', words: true, cell: ({ name }) => name },
  { title: 'size', cell: ({ shape }) => shape.name },
  { title: 'threads', cell: ({ threads }) => `${threads}` },
  { title: 'step()', cell: ({ synchronous }) => pair(synchronous) },
  { title: 'call of stepAsync()', cell: ({ call }) => pair(call) },
  { title: 'longest turn', cell: ({ turn }) => pair(turn) },
  { title: 'without a step', cell: ({ quiet }) => pair(quiet) },
  { title: 'until it resolves', cell: ({ asynchronous }) => pair(asynchronous) },
  { title: 'target', cell: () => `<= ${HELD_TARGET}` },
  {
    title: '',
    words: true,
    cell: ({ call, turn, quiet }) => {
      if (Math.max(call.median, turn.median) <= HELD_TARGET) return '';
      return call.median <= HELD_TARGET && quiet.median > HELD_TARGET ? 'by the system' : 'missed';
    },
  },
];

async function run({ quick, patience, markdown, title }: Command<never>) {
  console.log(title);
  const results: Result[] = [];
  const { threads } = runtime();
  // With a thread for every processor the event loop has none of its own: what the system takes away counts, too.
  for (const count of new Set([1, threads])) {
    for (const shape of sizes.map(parseShape)) {
      await patience.waitFor(threads);
      results.push(...(await measureHeld(shape, count, quick ? 0.02 : 2)));
    }
  }
  console.log('\nMicroseconds for which the event loop is held: median, 95th percentile\n');
  console.log(textTable(columns, results));
  if (markdown) {
    writePage(markdown, {
      'event loop run': title,
      'event loop': markdownTable(columns, results),
    });
  }
}

await command(help, {}, run);
