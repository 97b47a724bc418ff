export interface Column<Row> {
  readonly title: string;
  /** Words stand to the left, figures to the right. */
  readonly words?: boolean;
  cell(row: Row): string;
}

/** One line of titles, and one for each row. Columns that are empty everywhere are left out. */
export type Table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]) => string;

export const textTable: Table = (columns, rows) => {
  const table = filled(columns, rows).map(({ words, title, cells }) =>
    aligned(words, title, cells),
  );
  return linesOf(table)
    .map((line) => line.join('  ').trimEnd())
    .join('\n');
};

export const markdownTable: Table = (columns, rows) => {
  const table = filled(columns, rows).map(({ words, title, cells }) => {
    const [head, ...body] = aligned(words, title, cells);
    const dashes = '-'.repeat(head.length - 1);
    return [head, words ? `-${dashes}` : `${dashes}:`, ...body];
  });
  return linesOf(table)
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
};

/** Three significant digits, however large or small. */
export function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function filled<Row>(columns: readonly Column<Row>[], rows: readonly Row[]) {
  return columns
    .map((column) => ({ ...column, cells: rows.map((row) => column.cell(row)) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
}

function aligned(words: boolean | undefined, title: string, cells: string[]): string[] {
  const lines = [title, ...cells];
  const width = Math.max(...lines.map((line) => line.length));
  return lines.map((line) => (words ? line.padEnd(width) : line.padStart(width)));
}

function linesOf(table: string[][]): string[][] {
  const height = table[0]?.length ?? 0;
  return Array.from({ length: height }, (_, i) => table.map((column) => column[i]));
}
