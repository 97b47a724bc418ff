import type { Result } from './results.mts';

const columns: [title: string, cell: (result: Result, all: readonly Result[]) => string][] = [
  ['case', ({ contender }) => contender],
  ['size', ({ size }) => size],
  ['threads', ({ threads }) => `${threads}`],
  ['ISA', ({ isa }) => isa],
  ['limit ns', ({ limit }) => limit.median.toFixed(3)],
  ['plain ns', ({ plain }) => plain.median.toFixed(3)],
  ['step ns', ({ step }) => step.median.toFixed(3)],
  ['ratio', ({ ratio }) => ratio.median.toFixed(2)],
  ['quartiles', ({ ratio }) => `${ratio.lower.toFixed(2)}-${ratio.upper.toFixed(2)}`],
  ['to plain', ({ ratioToPlain }) => ratioToPlain.median.toFixed(2)],
  ['target', ({ target }) => target?.toFixed(2) ?? ''],
  ['', note],
];

function note(result: Result, all: readonly Result[]): string {
  if (isStalled(result, all)) return 'stalled';
  const { target, ratio } = result;
  return target === undefined || ratio.median >= target ? '' : 'missed';
}

/**
 * Whether even the limit loop is slower than on one thread: another program held a processor, and the threads waited for
 * each other.
 */
function isStalled(result: Result, all: readonly Result[]): boolean {
  const same: (keyof Result)[] = ['contender', 'size', 'isa'];
  const alone = all.find((r) => r.threads === 1 && same.every((key) => r[key] === result[key]));
  return alone !== undefined && result.limit.median > 1.2 * alone.limit.median;
}

/** Words to the left, figures to the right. */
const isWords = (title: string) => ['case', 'ISA', ''].includes(title);

/** One line of titles, and one for each result. */
export function textTable(results: readonly Result[]): string {
  const rows = [columns.map(([title]) => title)];
  for (const result of results) rows.push(columns.map(([, cell]) => cell(result, results)));
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row: string[]) =>
    row
      .map((text, i) =>
        isWords(columns[i][0]) ? text.padEnd(widths[i]) : text.padStart(widths[i]),
      )
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}
