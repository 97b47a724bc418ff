import { isDeepStrictEqual } from 'node:util';
import type { SaveOptions, StateDict } from '../../lib/index.js';
import { type MemoryArray, memoryTypes, type Tensor } from '../../lib/tensor.js';
import { type DataType, dataTypes, difference, ordinaryValues, place } from '../bits.js';
import { possible, storages, tensorOf } from '../storages.js';
import { type AnyOptimizer, extremes, type Options, optimizers } from '../variants.js';

/** Names that are hard to keep: of properties that all objects have, half characters, signs that formats need. */
const names = ['__proto__', '\ud800%D800/"\\\0', 'naïve.weight'];
const record = (tensors: readonly unknown[]) =>
  Object.fromEntries(tensors.map((tensor, i) => [names[i], tensor]));

/** What an optimizer is made of, and what its steps get, from the tensors and the gradients in a list. */
const layouts: Record<
  string,
  { count: number; params(t: unknown[]): unknown; gradients(t: unknown[]): unknown }
> = {
  one: { count: 1, params: ([a]) => a, gradients: ([a]) => a },
  list: { count: 3, params: (tensors) => tensors, gradients: (tensors) => tensors },
  record: { count: 3, params: record, gradients: record },
  groups: {
    count: 3,
    params: ([a, b, c]) => [
      { params: a },
      { params: [b], learningRate: 0.125, weightDecay: 0.5 },
      { params: record([c]), maximize: true, weightDecay: -0 },
    ],
    gradients: ([a, b, c]) => [a, [b], record([c])],
  },
};

/** An optimizer and its parameters while they are being trained. */
export interface Training {
  readonly tensors: Tensor[];
  readonly optimizer: AnyOptimizer & SaveOptions['optimizer'];
  /** The gradients of the t-th step; now and then a tensor has none. */
  gradients(t: number): Tensor[];
  /** Makes the t-th step, every other one asynchronously; now and then a tensor has no gradient, and the rate changes. */
  step(t: number): unknown;
}

export interface Case {
  readonly name: string;
  /** Other tensors and options are those of an optimizer that is about to load. */
  start(fresh?: 'for loading'): Training;
}

/** All that training has made, as copies. */
export interface Result {
  readonly tensors: MemoryArray[];
  readonly state: StateDict;
}

export function resultOf({ tensors, optimizer }: Training): Result {
  return { tensors: tensors.map((tensor) => tensor.slice()), state: optimizer.stateDict() };
}

/** Where two results differ first, in words; undefined if they are the same, bit for bit. */
export function resultDifference(actual: Result, expected: Result): string | undefined {
  const arrays = ({ tensors, state }: Result) => [
    ...tensors,
    ...state.groups.flatMap((group) => group.tensors.flatMap(({ state }) => Object.values(state))),
  ];
  const [ours, theirs] = [arrays(actual), arrays(expected)];
  for (const [k, array] of theirs.entries()) {
    const found = difference(ours[k] as MemoryArray, array);
    if (found) return `array ${k} ${found}`;
  }
  return isDeepStrictEqual(actual, expected) ? undefined : 'names, steps or options';
}

const STEPS = 4;
export const firstHalf = [0, 1, 2, 3];
export const secondHalf = firstHalf.map((t) => t + STEPS);

type Make = (length: number, value: (i: number) => number) => Tensor;

function createCase(
  { name, Class }: (typeof optimizers)[number],
  options: Options,
  layout: string,
  lengths: readonly number[],
  memory: string,
  make: Make,
): Case {
  const { count, params, gradients } = layouts[layout] as (typeof layouts)[string];
  const used = lengths.slice(0, count);
  const fill = (seed: number) =>
    used.map((n, i) => {
      const values = ordinaryValues(seed + i, n);
      return make(n, (k) => values[k] as number);
    });
  return {
    name: `${name} ${layout} ${memory} ${JSON.stringify(options)}`,
    start(fresh) {
      const tensors = fill(fresh ? 77 : 1);
      const { dtype, stateType, masterCopy } = options;
      const few = fresh && { dtype, stateType, masterCopy };
      const optimizer = new Class(params(tensors) as Tensor[], few ?? options);
      const shaped = (t: number) =>
        gradients(fill(10 + t).map((g, i) => ((t + i) % 5 === 3 ? null : g))) as Tensor[];
      return {
        tensors,
        optimizer: optimizer as Training['optimizer'],
        gradients: shaped,
        step(t) {
          if (t % 3 === 2 && layout !== 'groups') optimizer.learningRate = 0.01 / t;
          // In a checkpoint between.
          if (layout === 'groups' && (t === 1 || t === 6)) {
            const [first, second] = optimizer.groups as unknown as [Options, Options];
            first.frozen = t === 1 ? ['*'] : [];
            second.weightDecayExclude = t === 1 ? ['0'] : [];
          }
          const isAsync = t % 2 === (fresh ? 0 : 1); // the other ones after a load
          return isAsync ? optimizer.stepAsync(shaped(t)) : optimizer.step(shaped(t));
        },
      };
    },
  };
}

const own =
  (type: DataType): Make =>
  (n, value) =>
    place(type, n, 8, value).tensor;

const shared =
  (type: DataType): Make =>
  (n, value) => {
    const { View } = memoryTypes[type];
    const tensor = new View(new SharedArrayBuffer(n * View.BYTES_PER_ELEMENT + 8), 8, n);
    for (let i = 0; i < n; i++) tensor[i] = value(i);
    return tensor as Tensor;
  };

/** Blocks, tails and nothing. */
const SHORT = [300, 7, 0];
/** Enough for several threads. */
const LONG = [150_007, 130_011, 5];

/** What happens around the step and is remembered: half-way there is the sum of one call, and the scale has changed. */
const around: Options = {
  accumulationSteps: 3,
  dynamicLossScale: true,
  lossScale: 1024,
  lossScaleGrowthInterval: 1,
  clipGlobalNorm: 0.5,
  averageDecay: 0.9,
};

/** Every rule with the fewest and with the most states, in every type and storage; every layout in turn. */
export const cases: Case[] = optimizers.flatMap((each) => {
  const all: Case[] = [];
  const next = () => Object.keys(layouts)[all.length % 4] as string;
  for (const options of extremes(each.rule)) {
    for (const type of dataTypes) {
      all.push(createCase(each, options, next(), SHORT, `own ${type}`, own(type)));
      all.push(createCase(each, options, next(), SHORT, `shared ${type}`, shared(type)));
    }
    for (const storage of storages.filter((storage) => possible(options, storage))) {
      const make: Make = (n, value) => tensorOf(storage, n, value);
      all.push(createCase(each, { ...options, ...storage }, next(), SHORT, 'own', make));
    }
  }
  const most = extremes(each.rule).at(-1) as Options;
  const busy = { ...most, ...around };
  all.push(createCase(each, busy, next(), SHORT, 'own float32', own('float32')));
  all.push(createCase(each, busy, next(), SHORT, 'shared float64', shared('float64')));
  if (each === optimizers[0]) {
    for (const storage of storages.filter((storage) => possible(most, storage))) {
      const make: Make = (n, value) => tensorOf(storage, n, value);
      all.push(createCase(each, { ...busy, ...storage }, next(), SHORT, 'own', make));
    }
  }
  all.push(createCase(each, most, 'groups', LONG, 'long float32', own('float32')));
  return all;
});
