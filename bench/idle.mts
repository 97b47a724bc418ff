import { configure } from 'rmsprop';
import { type Contender, contenders } from './contenders.mts';
import { type Budget, local, measure } from './measure.mts';
import { ratiosOf, type Spread, spreadOf } from './spread.mts';
import { type Column, significant, type Table } from './table.mts';
import { IDLE_TARGET } from './targets.mts';
import type { Shape, Tensors } from './tensors.mts';

/** A step on parameters of which some get no gradient any more, so that their averages have become denormal. */
export interface IdleResult {
  readonly rule: string;
  readonly name: string;
  readonly shape: Shape;
  /** The share of parameters without a gradient. */
  readonly share: number;
  /** Nanoseconds per parameter, without such parameters and with them. */
  readonly ordinary: Spread;
  readonly idle: Spread;
  /** Time with them over time without, round by round. */
  readonly ratio: Spread;
  readonly target: number;
}

/** The rules with averages of squares, on one thread. */
export const idleContenders = contenders.filter(({ key }) => key === 'rmsprop' || key === 'adam');

/** All in turn, as everything is timed here. */
export async function compareIdle(
  contender: Contender,
  tensors: Tensors,
  budget: Budget,
): Promise<IdleResult[]> {
  configure({ threads: 1 });
  const shares = { half: 1 / 2, all: 1 };
  const hosts = {
    ordinary: local(prepare(contender, tensors, 0)),
    half: local(prepare(contender, tensors, shares.half)),
    all: local(prepare(contender, tensors, shares.all)),
  };
  const { nanoseconds } = await measure(hosts, {}, budget);
  const { shape } = tensors;
  const perElement = (times: number[]) =>
    spreadOf(times.map((time) => time / (shape.count * shape.length)));
  return (['half', 'all'] as const).map((key) => ({
    rule: contender.key,
    name: contender.name,
    shape,
    share: shares[key],
    ordinary: perElement(nanoseconds.ordinary),
    idle: perElement(nanoseconds[key]),
    ratio: ratiosOf(nanoseconds[key], nanoseconds.ordinary),
    target: IDLE_TARGET,
  }));
}

/** Every so many parameters in a row are idle, one after the other: no vector is spared. */
function prepare(contender: Contender, tensors: Tensors, share: number): () => void {
  const isIdle = (i: number) => Math.floor((i + 1) * share) > Math.floor(i * share);
  const parameters = tensors.parameters.map((values) => values.slice());
  const gradients = tensors.gradients.map((values) => values.map((g, i) => (isIdle(i) ? 0 : g)));
  const optimizer = contender.create(parameters);
  optimizer.step(gradients);
  const dict = optimizer.stateDict();
  for (const { state } of dict.groups.flatMap((group) => group.tensors)) {
    for (const values of Object.values(state)) {
      for (let i = 0; i < values.length; i++) if (isIdle(i)) values[i] = 1e-40;
    }
  }
  optimizer.loadStateDict(dict);
  return () => optimizer.step(gradients);
}

const columns: Column<IdleResult>[] = [
  { title: 'rule', words: true, cell: ({ name }) => name },
  { title: 'size', cell: ({ shape }) => shape.name },
  { title: 'idle', cell: ({ share }) => `${100 * share} %` },
  { title: 'ordinary ns', cell: ({ ordinary }) => significant(ordinary.median) },
  { title: 'step ns', cell: ({ idle }) => significant(idle.median) },
  { title: 'times', cell: ({ ratio }) => significant(ratio.median) },
  {
    title: 'quartiles',
    cell: ({ ratio }) => `${significant(ratio.lower)}-${significant(ratio.upper)}`,
  },
  { title: 'target', cell: ({ target }) => `<= ${target}` },
  {
    title: '',
    words: true,
    cell: ({ ratio, target }) => (ratio.median > target ? 'missed' : ''),
  },
];

export function idleTable(results: readonly IdleResult[], table: Table): string {
  return table(columns, results);
}
