import { configure, type Isa } from 'rmsprop';
import { bytesOf, type Contender, type RuleKey } from './contenders.mts';
import { prepareLimits } from './limit.mts';
import { type Budget, local, measure } from './measure.mts';
import type { Guest, Peer } from './peers/peer.mts';
import type { Patience } from './quiet.mts';
import { fastest, ratiosOf, type Spread, spreadOf } from './spread.mts';
import { limitTarget, peerTarget, threadsTarget } from './targets.mts';
import type { Shape, Tensors } from './tensors.mts';

/** A rule at one size, with so many threads, on one instruction set. */
export interface Case {
  readonly contender: Contender;
  readonly tensors: Tensors;
  readonly threads: number;
  readonly isa: Isa;
}

export interface Result {
  readonly rule: RuleKey;
  readonly name: string;
  readonly shape: Shape;
  /** Of all tensors together. */
  readonly elements: number;
  /** Per parameter. */
  readonly bytes: number;
  readonly threads: number;
  readonly isa: Isa;
  /** Nanoseconds per parameter: of the fastest limit loop, of the plain one, and of a step. */
  readonly limit: Spread;
  readonly plain: Spread;
  readonly step: Spread;
  /** Time of the limit loop over the time of the step, round by round. */
  readonly ratio: Spread;
  readonly ratioToPlain: Spread;
  readonly target: number | undefined;
  /** Only with several threads. */
  readonly speedUp: SpeedUp | undefined;
  readonly peers: PeerResult[];
  readonly rounds: number;
  /** The share of timings during which another program took a processor. */
  readonly interrupted: number;
  /** Whether there were idle processors for all threads when it began. */
  readonly quiet: boolean;
}

/** Time on one thread over the time on all, round by round. */
export interface SpeedUp {
  readonly step: Spread;
  readonly limit: Spread;
  readonly target: number;
}

export interface PeerResult {
  readonly peer: string;
  readonly name: string;
  /** Why there are no figures. */
  readonly absent?: string;
  /** Nanoseconds per parameter. */
  readonly time?: Spread;
  /** Its time over ours, round by round. */
  readonly ratio?: Spread;
  readonly target?: number;
  readonly rounds?: number;
  /** Seconds until the first steps were done, for peers that compile. */
  readonly preparation?: number;
}

export async function compare(
  { contender, tensors, threads, isa }: Case,
  peers: readonly Peer[],
  budget: Budget,
  patience: Patience,
): Promise<Result> {
  const optimizer = contender.create(tensors.parameters);
  const step = () => optimizer.step(tensors.gradients);
  const on = (threads: number) => () => configure({ threads, isa });
  const limits = prepareLimits(tensors, contender.states);
  const hosts = {
    plain: local(() => limits.plain(threads)),
    tuned: local(() => limits.tuned(threads)),
    step: local(step, on(threads)),
    ...(threads > 1 && {
      limitAlone: local(() => limits.tuned(1)),
      stepAlone: local(step, on(1)),
    }),
  };
  const guests: Record<string, Guest> = {};
  const absent: Record<string, string> = {};
  for (const peer of peers) {
    const guest = await peer.prepare(contender.key, tensors, threads);
    if (typeof guest === 'string') absent[peer.key] = guest;
    else guests[peer.key] = guest;
  }
  const quiet = await patience.waitFor(threads);
  const { nanoseconds, rounds, interrupted } = await measure(hosts, guests, budget);
  for (const guest of Object.values(guests)) await guest.release?.();

  const { shape } = tensors;
  const elements = shape.count * shape.length;
  const perElement = (times: number[]) => spreadOf(times.map((time) => time / elements));
  const { plain, tuned, step: ours, limitAlone, stepAlone } = nanoseconds;
  const limit = fastest([plain, tuned, ...(limitAlone ? [limitAlone] : [])]);
  return {
    rule: contender.key,
    name: contender.name,
    shape,
    elements,
    bytes: bytesOf(contender),
    threads,
    isa,
    limit: perElement(limit),
    plain: perElement(plain),
    step: perElement(ours),
    ratio: ratiosOf(limit, ours),
    ratioToPlain: ratiosOf(plain, ours),
    target: limitTarget(contender.key, shape, isa),
    speedUp: limitAlone && {
      step: ratiosOf(stepAlone, ours),
      limit: ratiosOf(limitAlone, tuned),
      target: threadsTarget(shape, threads),
    },
    peers: peers.map(({ key, name }) => {
      if (guests[key] === undefined) return { peer: key, name, absent: absent[key] };
      const times = nanoseconds[key];
      return {
        peer: key,
        name,
        time: perElement(times),
        ratio: ratiosOf(times, ours),
        target: peerTarget(key, contender.key, shape),
        rounds: times.filter((time) => !Number.isNaN(time)).length,
        preparation: guests[key].preparation,
      };
    }),
    rounds,
    interrupted,
    quiet,
  };
}
