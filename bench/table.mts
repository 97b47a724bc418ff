export interface Column<Row> {
  readonly title: string;
  /** Words stand to the left, figures to the right. */
  readonly words?: boolean;
  cell(row: Row): string;
}

/** One line of titles, and one for each row. Columns that are empty everywhere are left out. */
export function textTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const table = columns
    .map((column) => ({ ...column, cells: rows.map((row) => column.cell(row)) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
    .map((column) => {
      const lines = [column.title, ...column.cells];
      const width = Math.max(...lines.map((line) => line.length));
      return lines.map((line) => (column.words ? line.padEnd(width) : line.padStart(width)));
    });
  const lines = [...rows.keys(), rows.length].map((i) => table.map((column) => column[i]));
  return lines.map((line) => line.join('  ').trimEnd()).join('\n');
}

/** Three significant digits, however large or small. */
export function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
