import type { Run } from './training.mts';

/** A column of the table of results, for the terminal and for the report alike. */
export interface Column {
  /** Two lines, so that the table fits into 80 columns. */
  heading: [string, string];
  text(run: Run): string;
}

export function columns(target: number): Column[] {
  return [
    { heading: ['', 'optimizer'], text: (run) => run.contender.name },
    { heading: ['learning', 'rate'], text: (run) => String(run.contender.learningRate) },
    { heading: ['final', 'loss'], text: (run) => significant(last(run).loss) },
    { heading: ['test', 'accuracy'], text: (run) => percent(last(run).accuracy) },
    { heading: ['epochs', `to ${Math.round(100 * target)} %`], text: epochsTo(target) },
    {
      heading: ['time in', 'optimizer'],
      text: (run) => `${(1000 * run.optimizerSeconds).toFixed(1)} ms`,
    },
    {
      heading: ['share of', 'the whole'],
      text: (run) => percent(run.optimizerSeconds / run.seconds),
    },
  ];
}

/** The table in plain text: names to the left, numbers to the right. */
export function textTable(runs: Run[], target: number): string {
  const cells = columns(target).map(({ heading, text }, i) => {
    const column = [...heading, ...runs.map(text)];
    const width = Math.max(...column.map((cell) => cell.length));
    return column.map((cell) => (i === 0 ? cell.padEnd(width) : cell.padStart(width)));
  });
  const rows = cells[0].map((_, row) => cells.map((column) => column[row]).join('  '));
  rows.splice(2, 0, '─'.repeat(rows[0].length));
  return rows.join('\n');
}

function epochsTo(target: number): (run: Run) => string {
  return ({ points }) => {
    const epoch = points.findIndex(({ accuracy }) => accuracy >= target);
    return epoch < 0 ? 'never' : String(epoch);
  };
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Three significant digits. */
export function significant(value: number): string {
  return value.toPrecision(3);
}

function last(run: Run) {
  return run.points[run.points.length - 1];
}
