import type { IdleResult } from './idle.mts';
import type { NarrowResult } from './narrow.mts';
import type { Result } from './results.mts';
import type { Spread } from './spread.mts';
import { type Column, significant, type Table } from './table.mts';
import { callTarget, tensorTarget } from './targets.mts';

/** A target, and what was measured. */
export interface Check {
  readonly what: string;
  readonly rule: string;
  readonly size: string;
  readonly threads: number;
  readonly measured: Spread;
  readonly target: number;
  /** Whether the target is a least or a most. */
  readonly bound: 'least' | 'most';
  readonly reached: boolean;
}

export function checksOf(results: readonly Result[]): Check[] {
  return results.flatMap((result) => {
    const { name: rule, shape, threads, elements, step, limit, ratio, target, speedUp } = result;
    const check = (
      what: string,
      measured: Spread,
      target: number | undefined,
      bound: Check['bound'],
    ): Check[] => {
      if (target === undefined) return [];
      const reached = bound === 'least' ? measured.median >= target : measured.median <= target;
      return [{ what, rule, size: shape.name, threads, measured, target, bound, reached }];
    };
    const scaled = (factor: number, { median, lower, upper }: Spread): Spread => ({
      median: factor * median,
      lower: factor * lower,
      upper: factor * upper,
    });
    const above = scaled(shape.length, {
      median: step.median - limit.median,
      lower: step.lower - limit.median,
      upper: step.upper - limit.median,
    });
    return [
      ...check('of the limit loop', ratio, target, 'least'),
      ...(speedUp
        ? check('of the speed on one thread', speedUp.step, speedUp.target, 'least')
        : []),
      ...check('ns a call', scaled(elements, step), callTarget(shape), 'most'),
      ...check('ns for each further tensor', above, tensorTarget(shape), 'most'),
      ...result.peers.flatMap(({ name, ratio, target }) =>
        ratio ? check(`times as fast as ${name}`, ratio, target, 'least') : [],
      ),
    ];
  });
}

export function idleChecks(results: readonly IdleResult[]): Check[] {
  return results.map(({ name: rule, shape, share, ratio: measured, target }) => {
    const what = `times an ordinary step, ${100 * share} % of the parameters idle`;
    const reached = measured.median <= target;
    return { what, rule, size: shape.name, threads: 1, measured, target, bound: 'most', reached };
  });
}

export function narrowChecks(results: readonly NarrowResult[]): Check[] {
  return results.flatMap(({ name: rule, shape, threads, types, ofLimit: measured, target }) => {
    if (target === undefined) return [];
    const what = `times the float32 limit loop, ${types.name}`;
    const reached = measured.median <= target;
    return [{ what, rule, size: shape.name, threads, measured, target, bound: 'most', reached }];
  });
}

const columns: Column<Check>[] = [
  { title: 'rule', words: true, cell: ({ rule }) => rule },
  { title: 'size', cell: ({ size }) => size },
  { title: 'threads', cell: ({ threads }) => `${threads}` },
  { title: 'measured', cell: ({ measured }) => significant(measured.median) },
  {
    title: 'quartiles',
    cell: ({ measured }) => `${significant(measured.lower)}-${significant(measured.upper)}`,
  },
  {
    title: 'target',
    cell: ({ target, bound }) => `${bound === 'least' ? '>=' : '<='} ${target}`,
  },
  { title: '', words: true, cell: ({ what }) => what },
];

/** What was missed, by name. */
export function checkSummary(checks: readonly Check[], table: Table): string {
  const missed = checks.filter(({ reached }) => !reached);
  const count = `${checks.length - missed.length} of ${checks.length} targets reached`;
  return missed.length === 0 ? count : `${count}; missed:\n\n${table(columns, missed)}`;
}
