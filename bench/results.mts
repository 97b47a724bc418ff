import { configure, type Isa } from 'rmsprop';
import { type Contender, targetOf } from './contenders.mts';
import { prepareLimits } from './limit.mts';
import { type Budget, measure, type Spread, spreadOf } from './measure.mts';
import type { Tensors } from './tensors.mts';

/** One contender at one size, with so many threads, on one instruction set. */
export interface Result {
  readonly contender: string;
  readonly size: string;
  /** Of all tensors together. */
  readonly elements: number;
  readonly threads: number;
  readonly isa: Isa;
  /** Nanoseconds per parameter: of the faster limit loop, of the plain one, and of a step. */
  readonly limit: Spread;
  readonly plain: Spread;
  readonly step: Spread;
  /** Time of the limit loop over the time of the step, round by round. */
  readonly ratio: Spread;
  readonly ratioToPlain: Spread;
  readonly target: number | undefined;
  readonly rounds: number;
  /** The share of timings during which another program took a processor from this one. */
  readonly interrupted: number;
}

export function compare(
  contender: Contender,
  tensors: Tensors,
  threads: number,
  isa: Isa,
  budget: Budget,
): Result {
  configure({ threads, isa });
  const limits = prepareLimits(tensors, contender.states, threads);
  const contestants = { ...limits, step: contender.prepare(tensors) };
  const { nanoseconds, rounds, interrupted } = measure(contestants, budget);

  const { count, length, name: size } = tensors.shape;
  const elements = count * length;
  const perElement = (values: number[]) => spreadOf(values.map((value) => value / elements));
  const plain = perElement(nanoseconds.plain);
  const tuned = perElement(nanoseconds.tuned);
  const faster = plain.median < tuned.median ? nanoseconds.plain : nanoseconds.tuned;
  const ratioTo = (times: number[]) => spreadOf(times.map((t, i) => t / nanoseconds.step[i]));
  return {
    contender: contender.name,
    size,
    elements,
    threads,
    isa,
    limit: perElement(faster),
    plain,
    step: perElement(nanoseconds.step),
    ratio: ratioTo(faster),
    ratioToPlain: ratioTo(nanoseconds.plain),
    target: targetOf(contender, tensors, isa),
    rounds,
    interrupted,
  };
}
