import { caseTable } from './case-table.mts';
import { type Check, checkSummary } from './checks.mts';
import { type HotLoop, loopTable } from './code/loops.mts';
import { type Part, sizeTable } from './code/size.mts';
import { type IdleResult, idleTable } from './idle.mts';
import { type NarrowResult, narrowTable } from './narrow.mts';
import { defeatTable, peerTable } from './peer-table.mts';
import type { Result } from './results.mts';
import { markdownTable, type Table, textTable } from './table.mts';

export interface Figures {
  readonly results: readonly Result[];
  readonly idle: readonly IdleResult[];
  readonly narrow: readonly NarrowResult[];
  readonly checks: readonly Check[];
  readonly codeSize: readonly Part[];
  /** Or why there are none. */
  readonly hotLoops: readonly HotLoop[] | string;
}

/** All tables, each under a line that says what it is. */
export function report(figures: Figures): string {
  const { results } = figures;
  const tables = tablesOf(figures, textTable);
  const sections: [string, string | undefined][] = [
    [
      'ns are per parameter; ratio is time of the limit loop / time of the step',
      caseTable(results, textTable),
    ],
    ['Times as long as our step takes, with half the distance of the quartiles', tables.peers],
    ['Where a peer is faster', tables.defeats],
    ['Parameters without gradients, their averages denormal; one thread', tables.idle],
    [
      'Narrow types: times are over those of the float32 limit loop and of the float32 step',
      tables.narrow,
    ],
    ['The hottest loops: instructions for one vector, bytes for one element', tables.loops],
    ['The code', tables.size],
    ['Targets', tables.checks],
  ];
  return sections.flatMap(([title, text]) => (text ? [`${title}\n\n${text}`] : [])).join('\n\n');
}

/** The same for a page, by name. */
export function parts(figures: Figures): Record<string, string> {
  const { results } = figures;
  const cases = (is: (result: Result) => boolean) => caseTable(results.filter(is), markdownTable);
  return {
    small: cases(({ shape }) => shape.count === 1 && shape.length < 2 ** 14),
    large: cases(({ shape }) => shape.count === 1 && shape.length >= 2 ** 14),
    many: cases(({ shape }) => shape.count > 1),
    ...tablesOf(figures, markdownTable),
  };
}

function tablesOf({ results, idle, narrow, checks, codeSize, hotLoops }: Figures, table: Table) {
  const compared = results.some(({ peers }) => peers.some(({ ratio }) => ratio));
  return {
    ...(compared && { peers: peerTable(results, table), defeats: defeatTable(results, table) }),
    ...(idle.length > 0 && { idle: idleTable(idle, table) }),
    ...(narrow.length > 0 && { narrow: narrowTable(narrow, table) }),
    loops: loopTable(hotLoops, table),
    size: sizeTable(codeSize, table),
    checks: checkSummary(checks, table),
  };
}
