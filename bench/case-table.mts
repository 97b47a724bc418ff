import type { Result } from './results.mts';
import type { Spread } from './spread.mts';
import { type Column, significant, type Table } from './table.mts';

const range = ({ lower, upper }: Spread) => `${lower.toFixed(2)}-${upper.toFixed(2)}`;

/** Of our steps and their limits. */
export function caseTable(results: readonly Result[], table: Table): string {
  const several = new Set(results.map(({ isa }) => isa)).size > 1;
  const columns: Column<Result>[] = [
    { title: 'rule', words: true, cell: ({ name }) => name },
    { title: 'size', cell: ({ shape }) => shape.name },
    { title: 'threads', cell: ({ threads }) => `${threads}` },
    { title: 'ISA', words: true, cell: ({ isa }) => (several ? isa : '') },
    { title: 'limit ns', cell: ({ limit }) => significant(limit.median) },
    { title: 'plain ns', cell: ({ plain }) => significant(plain.median) },
    { title: 'step ns', cell: ({ step }) => significant(step.median) },
    { title: 'ratio', cell: ({ ratio }) => ratio.median.toFixed(2) },
    { title: 'quartiles', cell: ({ ratio }) => range(ratio) },
    { title: 'target', cell: ({ target }) => target?.toFixed(2) ?? '' },
    { title: 'GB/s', cell: ({ bytes, step }) => significant(bytes / step.median) },
    { title: 'speed-up', cell: ({ speedUp }) => speedUp?.step.median.toFixed(2) ?? '' },
    { title: 'quartiles', cell: ({ speedUp }) => (speedUp ? range(speedUp.step) : '') },
    { title: "limit's", cell: ({ speedUp }) => speedUp?.limit.median.toFixed(2) ?? '' },
    { title: 'target', cell: ({ speedUp }) => speedUp?.target.toFixed(2) ?? '' },
    { title: '', words: true, cell: note },
  ];
  return table(columns, results);
}

function note({ shape, ratio, target, speedUp, quiet }: Result): string {
  const stalled =
    shape.count === 1 && shape.length >= 2 ** 18 && speedUp && speedUp.limit.median < 1.2;
  const missed = [
    ...(target !== undefined && ratio.median < target ? ['ratio'] : []),
    ...(speedUp && speedUp.step.median < speedUp.target ? ['speed-up'] : []),
  ];
  return [
    ...(missed.length > 0 ? [`missed: ${missed.join(', ')}`] : []),
    ...(stalled ? ['stalled'] : []),
    ...(quiet ? [] : ['busy']),
  ].join('; ');
}
