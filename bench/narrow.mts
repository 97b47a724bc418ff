import { configure } from 'rmsprop';
import { type Contender, contenders, type RuleKey } from './contenders.mts';
import { prepareLimits } from './limit.mts';
import { type Budget, local, measure } from './measure.mts';
import { float32, stateBytesOf, stored, type Types, trafficOf } from './narrow-types.mts';
import type { Patience } from './quiet.mts';
import type { Case } from './results.mts';
import { fastest, ratiosOf, type Spread, spreadOf } from './spread.mts';
import { type Column, significant, type Table } from './table.mts';
import { narrowTarget } from './targets.mts';
import type { Shape, Tensors } from './tensors.mts';

/** A step on narrow types, beside that on float32 and its limit loop. */
export interface NarrowResult {
  readonly rule: RuleKey;
  readonly name: string;
  readonly shape: Shape;
  readonly threads: number;
  readonly types: Types;
  /** Bytes per parameter: of memory traffic, and that the optimizer holds. */
  readonly traffic: number;
  readonly held: number;
  /** Nanoseconds per parameter: of the float32 limit loop, and of the step. */
  readonly limit: Spread;
  readonly step: Spread;
  /** Time of the step over that of the float32 limit loop, and of the float32 step, round by round. */
  readonly ofLimit: Spread;
  readonly ofFloat32: Spread;
  /** For `ofLimit`, at most. */
  readonly target: number | undefined;
  readonly interrupted: number;
  readonly quiet: boolean;
}

/** One rule with one state, and one with two of which one has signs. */
export const narrowContenders = contenders.filter(({ key }) => key === 'rmsprop' || key === 'adam');

/** Narrow types are for large tensors: in the first caches memory is not the wall. */
export function suitsNarrow({ count, length }: Shape): boolean {
  return count === 1 && length >= 2 ** 20;
}

/** All in turn, as everything is timed here. */
export async function compareNarrow(
  { contender, tensors, threads, isa }: Case,
  narrow: readonly Types[],
  budget: Budget,
  patience: Patience,
): Promise<NarrowResult[]> {
  const limits = prepareLimits(tensors, contender.states);
  const all = [float32, ...narrow];
  const on = () => configure({ threads, isa });
  const hosts = {
    plain: local(() => limits.plain(threads)),
    tuned: local(() => limits.tuned(threads)),
    ...Object.fromEntries(
      all.map((types) => [types.key, local(prepare(contender, tensors, types), on)]),
    ),
  };
  const quiet = await patience.waitFor(threads);
  const { nanoseconds, interrupted } = await measure(hosts, {}, budget);
  const limit = fastest([nanoseconds.plain, nanoseconds.tuned]);
  const { shape } = tensors;
  const perElement = (times: number[]) => spreadOf(times.map((time) => time / shape.length));
  return all.map((types) => ({
    rule: contender.key,
    name: contender.name,
    shape,
    threads,
    types,
    traffic: trafficOf(contender, types),
    held: stateBytesOf(contender, types),
    limit: perElement(limit),
    step: perElement(nanoseconds[types.key]),
    ofLimit: ratiosOf(nanoseconds[types.key], limit),
    ofFloat32: ratiosOf(nanoseconds[types.key], nanoseconds.float32),
    target: narrowTarget(types.key, shape),
    interrupted,
    quiet,
  }));
}

function prepare(contender: Contender, tensors: Tensors, types: Types): () => void {
  const parameters = tensors.parameters.map((values) => stored(values, types));
  const gradients = tensors.gradients.map((values) => stored(values, types));
  const optimizer = contender.create(parameters, types.storage);
  return () => optimizer.step(gradients);
}

const range = ({ lower, upper }: Spread) => `${lower.toFixed(2)}-${upper.toFixed(2)}`;

const columns: Column<NarrowResult>[] = [
  { title: 'rule', words: true, cell: ({ name }) => name },
  { title: 'size', cell: ({ shape }) => shape.name },
  { title: 'threads', cell: ({ threads }) => `${threads}` },
  { title: 'types', words: true, cell: ({ types }) => types.name },
  { title: 'bytes', cell: ({ traffic }) => significant(traffic) },
  { title: 'state bytes', cell: ({ held }) => significant(held) },
  { title: 'step ns', cell: ({ step }) => significant(step.median) },
  { title: 'of the limit', cell: ({ ofLimit }) => ofLimit.median.toFixed(2) },
  { title: 'quartiles', cell: ({ ofLimit }) => range(ofLimit) },
  { title: 'of float32', cell: ({ ofFloat32 }) => ofFloat32.median.toFixed(2) },
  { title: 'quartiles', cell: ({ ofFloat32 }) => range(ofFloat32) },
  { title: 'target', cell: ({ target }) => (target ? `<= ${target}` : '') },
  { title: '', words: true, cell: note },
];

function note({ ofLimit, target, quiet }: NarrowResult): string {
  const missed = target !== undefined && ofLimit.median > target;
  return [...(missed ? ['missed'] : []), ...(quiet ? [] : ['busy'])].join('; ');
}

export function narrowTable(results: readonly NarrowResult[], table: Table): string {
  return table(columns, results);
}
