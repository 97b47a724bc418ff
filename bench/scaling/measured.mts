import { setTimeout as sleep } from 'node:timers/promises';
import { configure, runtime } from 'rmsprop';
import { bytesOf, type Contender, contenders, type RuleKey } from '../contenders.mts';
import { prepareLimits } from '../limit.mts';
import type { describeMachine } from '../machine.mts';
import { type Budget, type Contestant, local, measure } from '../measure.mts';
import { type Spread, spreadOf } from '../spread.mts';
import { createTensors, type Tensors } from '../tensors.mts';
import { type Bandwidth, bytesHeld, type Computer, type RuleCost, type Work } from './model.mts';

type Machine = ReturnType<typeof describeMachine>;

/** A step that is timed. */
export interface Timed extends Work {
  readonly rule: Contender;
  readonly threads: number;
  /** Nanoseconds. */
  readonly time: Spread;
}

/** All that the model is made of, and what it is checked against. */
export interface Measured {
  readonly costs: RuleCost[];
  readonly computer: Computer;
  readonly threads: number;
  /** Nanoseconds to start all threads and to wait for them, if they have gone to sleep. */
  readonly asleep: number;
  readonly steps: Timed[];
  /** Of each loop. */
  readonly timings: number;
  /** The share of them during which another program took a processor. */
  readonly interrupted: number;
}

export interface Plan {
  /** The steps that the model is checked against, by size; the last one lies in memory and tells its bandwidth. */
  readonly work: readonly Work[];
  readonly budget: Budget;
}

/** What a timing tells of a machine on paper, where nothing else runs: other programs only ever add to it. */
export function undisturbed({ lower }: Spread): number {
  return lower;
}

/** The first one's predictions are shown. */
const keys: readonly RuleKey[] = ['rmsprop', 'adam', 'sgd-momentum'];
const rules = keys.flatMap((key) => contenders.filter((one) => one.key === key));

/** The states of the limit loop that tells the bandwidths: as many as those of RMSprop. */
const STATES = 1;

/** Milliseconds after which threads have gone to sleep. */
const NAP = 10;

/** What the costs of a rule are measured on: nothing but a call, many tensors, and the first caches. */
const call: Work = { elements: 16, tensors: 1 };
const many: Work = { elements: 16_000, tensors: 1000 };
const cached: Work = { elements: 16_000, tensors: 1 };

/** Times everything in turn, so that a busy moment meets all alike. */
export async function measureAll(machine: Machine, { work, budget }: Plan): Promise<Measured> {
  const { secondLevel, lastLevel } = cachesOf(machine);
  const all = runtime().threads;
  const counts = [...new Set([1, all])];
  const timed = work.map((one) => ({ one, tensors: tensorsOf(one) }));
  const limits = {
    team: tensorsOf(call),
    // Well above all second-level caches and well below half of the last one.
    cache: tensorsOf({
      elements: Math.round(Math.sqrt(all * secondLevel * lastLevel) / bytesHeld(STATES)),
      tensors: 1,
    }),
    memory: timed[timed.length - 1].tensors,
  };
  const steps = [
    ...[call, many, cached].flatMap((one) => stepContestants(one, tensorsOf(one), [1])),
    ...timed.flatMap(({ one, tensors }) => stepContestants(one, tensors, counts)),
  ];
  const contestants = Object.fromEntries([
    ...Object.entries(limits).flatMap(([name, tensors]) => limitContestants(name, tensors, counts)),
    ...steps.map(({ key, contestant }) => [key, contestant]),
  ]);
  const { nanoseconds, rounds, interrupted } = await measure({}, contestants, budget);

  const time = (key: string) => undisturbed(spreadOf(nanoseconds[key]));
  const fastest = (name: string, threads: number) =>
    Math.min(...['plain', 'tuned'].map((form) => time(`${name} ${form} ${threads}`)));
  const bandwidth = (name: 'cache' | 'memory'): Bandwidth => {
    const bytes = limits[name].shape.length * bytesOf({ states: STATES });
    const core = bytes / fastest(name, 1);
    // A busy processor may slow two threads down below one.
    return { core, all: Math.max(core, bytes / fastest(name, all)) };
  };
  const toStart = (name: string) => Math.max(0, fastest(name, all) - fastest(name, 1));
  return {
    costs: rules.map((rule) => costOf(rule, (one) => time(stepKey(rule, one, 1)))),
    computer: {
      name: 'this machine',
      secondLevel,
      lastLevel,
      cache: bandwidth('cache'),
      memory: bandwidth('memory'),
      team: all > 1 ? toStart('team') / Math.log2(all) : 0,
    },
    threads: all,
    asleep: toStart('asleep'),
    steps: steps
      .filter(({ one }) => work.includes(one))
      .map(({ key, rule, one, threads }) => ({
        rule,
        ...one,
        threads,
        time: spreadOf(nanoseconds[key]),
      })),
    timings: Math.floor(rounds / Object.keys(contestants).length),
    interrupted,
  };
}

function costOf(rule: Contender, time: (work: Work) => number): RuleCost {
  const arithmetic = (time(cached) - time(call)) / (cached.elements - call.elements);
  return {
    rule,
    arithmetic,
    call: time(call) - call.elements * arithmetic,
    tensor:
      (time(many) - time(call) - (many.elements - call.elements) * arithmetic) / (many.tensors - 1),
  };
}

function stepKey({ key }: Contender, { elements, tensors }: Work, threads: number): string {
  return `${key} ${elements} ${tensors} ${threads}`;
}

function stepContestants(one: Work, tensors: Tensors, counts: readonly number[]) {
  return rules.flatMap((rule) => {
    const optimizer = rule.create(tensors.parameters);
    return counts.map((threads) => ({
      key: stepKey(rule, one, threads),
      rule,
      one,
      threads,
      contestant: local(
        () => optimizer.step(tensors.gradients),
        () => configure({ threads }),
      ),
    }));
  });
}

/** Both forms, after work of their own and, where they tell the cost of a team, after a nap. */
function limitContestants(name: string, tensors: Tensors, counts: readonly number[]) {
  const limits = prepareLimits(tensors, STATES);
  return (['plain', 'tuned'] as const).flatMap((form) =>
    counts.flatMap((threads): [string, Contestant][] => {
      const awake = local(() => limits[form](threads));
      return [
        [`${name} ${form} ${threads}`, awake],
        ...(name === 'team'
          ? [[`asleep ${form} ${threads}`, afterNap(awake)] satisfies [string, Contestant]]
          : []),
      ];
    }),
  );
}

/** One call at a time. */
function afterNap(contestant: Contestant): Contestant {
  return {
    async time() {
      await sleep(NAP);
      return contestant.time(1);
    },
  };
}

function tensorsOf({ elements, tensors }: Work): Tensors {
  return createTensors({ name: '', count: tensors, length: elements / tensors });
}

/** Bytes; 1 MB and 32 MB where the system does not tell. */
function cachesOf({ caches }: Machine) {
  const each = (name: string) => {
    const [, size, unit, instances] =
      /^([\d.]+) ([KMG])iB \((\d+)/.exec(caches[`${name} cache`] ?? '') ?? [];
    return size
      ? (Number(size) * { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[unit as 'K' | 'M' | 'G']) /
          Number(instances)
      : undefined;
  };
  return { secondLevel: each('L2') ?? 2 ** 20, lastLevel: each('L3') ?? 2 ** 25 };
}
