import type { Point, Run } from './training.mts';

/** A column of a table, for the terminal and for the report alike. */
export interface Column<Row> {
  /** Two lines, so that the table fits into 80 columns. */
  heading: [string, string];
  text(row: Row): string;
}

export function columns(target: number): Column<Run>[] {
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
      heading: ['share of', 'training'],
      text: (run) => percent(run.optimizerSeconds / run.seconds),
    },
  ];
}

/** The table in plain text: names to the left, numbers to the right. */
export function textTable<Row>(columns: Column<Row>[], rows: Row[]): string {
  const cells = columns.map(({ heading, text }, i) => {
    const column = [...heading, ...rows.map(text)];
    const width = Math.max(...column.map((cell) => cell.length));
    return column.map((cell) => (i === 0 ? cell.padEnd(width) : cell.padStart(width)));
  });
  const lines = cells[0].map((_, row) => cells.map((column) => column[row]).join('  '));
  lines.splice(2, 0, '─'.repeat(lines[0].length));
  return lines.join('\n');
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

/** Three significant digits, in few places. */
export function significant(value: number): string {
  return value !== 0 && value < 1e-3 ? value.toExponential(2) : value.toPrecision(3);
}

export function lossAndAccuracy({ loss, accuracy }: Point): string {
  return `loss ${significant(loss)}, accuracy ${percent(accuracy)}`;
}

/** After the last epoch. */
export function last({ points }: Pick<Run, 'points'>) {
  return points[points.length - 1];
}
