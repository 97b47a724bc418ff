import { afterEach, describe, expect, test } from 'vitest';
import { configure, type Isa } from '../lib/index.js';
import type { MemoryArray } from '../lib/tensor.js';
import {
  arrayTypes,
  type DataType,
  dataTypes,
  difference,
  hash,
  ordinaryValue,
  type Tensor,
} from './bits.js';
import { canCompile } from './compile.js';
import { nativeIsas } from './engines.js';
import { callIn, type Environment, environments, plain, stepIn } from './floating-point.js';
import { copies, possible, type Storage, storages, tensorOf } from './storages.js';
import { extremes, type Options, optimizers } from './variants.js';

/** Numbers of every kind: ordinary, small enough that squares are denormal, denormal themselves. */
function numberOf(type: DataType, seed: number, i: number): number {
  const least = type === 'float32' ? 2 ** -149 : 2 ** -1074;
  const value = ordinaryValue(seed, i);
  const kinds = [value, value * Math.sqrt(least) * 2 ** 9, value * least * 2 ** 20];
  return kinds[hash(seed + 31 * i) % 3] as number;
}

/** How memory may be held: all of one type, or narrower. */
type Memory = { readonly name: string; readonly options: Options } & {
  readonly tensor: (length: number, seed: number) => Tensor | Uint16Array;
  readonly suits: (variant: Options) => boolean;
};
const memories: Memory[] = [
  ...dataTypes.map((type) => ({
    name: type,
    options: {},
    tensor: copies(
      (length: number, seed: number): Tensor =>
        new arrayTypes[type](length).map((_, i) => numberOf(type, seed, i)),
    ) as Memory['tensor'],
    suits: () => true,
  })),
  ...storages.map((storage: Storage) => ({
    name: Object.values(storage).join(' '),
    options: storage,
    tensor: copies((length: number, seed: number) =>
      tensorOf(storage, length, (i) => numberOf('float32', seed, i)),
    ) as Memory['tensor'],
    suits: (variant: Options) => possible(variant, storage),
  })),
];

interface Case {
  readonly Class: (typeof optimizers)[number]['Class'];
  readonly options: Options;
  readonly memory: Memory;
  readonly lengths: readonly number[];
}

/** Parameters and all state after two steps. */
function run({ Class, options, memory, lengths }: Case): MemoryArray[] {
  const params = lengths.map((length, i) => memory.tensor(length, i));
  const optimizer = new Class(params, { ...options, ...memory.options });
  for (let t = 0; t < 2; t++)
    optimizer.step(lengths.map((length, i) => memory.tensor(length, 7 + t + i)));
  const states = optimizer.stateDict().groups.flatMap((group) => group.tensors);
  return [...params, ...states.flatMap(({ state }) => Object.values(state))] as MemoryArray[];
}

/** What comes of it where nothing is unusual, by the reference. */
const known = new Map<string, MemoryArray[]>();
function expectedOf(given: Case): MemoryArray[] {
  const key = `${given.Class.name} ${JSON.stringify(given.options)} ${given.memory.name} ${given.lengths}`;
  let expected = known.get(key);
  if (!expected) {
    configure({ isa: 'typescript' });
    expected = run(given);
    known.set(key, expected);
  }
  return expected;
}

let undo: (() => void) | undefined;
afterEach(() => undo?.());

/** The same, every native step in an environment that it must leave as it was. */
function runIn(environment: Environment, given: Case): MemoryArray[] {
  let steps = 0;
  undo = stepIn(
    () => environment,
    (left, same) => {
      steps++;
      expect(left).toEqual(same);
    },
  );
  const all = run(given);
  undo();
  expect(steps).toBe(2);
  return all;
}

function expectSame(given: Case, environment: Environment, expected: MemoryArray[], name: string) {
  for (const [k, actual] of runIn(environment, given).entries()) {
    const found = difference(actual, expected[k] as MemoryArray);
    if (found) expect.fail(`${name}: array ${k} ${found}`);
  }
}

const canSet = canCompile && ['x64', 'arm64'].includes(process.arch);
describe.runIf(canSet)('in an environment of the host', () => {
  const cases = Object.entries(environments);

  test('such a one makes a difference to arithmetic, and what occurs in it is seen', () => {
    const [flushed, , up] = cases.map(([, environment]) => environment) as Environment[];
    const half = (x: number) => x / 2;
    const least = 2 ** -1022;
    expect(callIn(plain, half, least).result).toBe(least / 2);
    expect(callIn(flushed as Environment, half, least).result).toBe(0);
    const third = (x: number) => x / 3;
    expect(callIn(up as Environment, third, 1).result).toBeGreaterThan(1 / 3);
    const { left, same } = callIn(plain, third, 1);
    expect(left).not.toEqual(same);
  });

  describe.each(optimizers)('$name', ({ rule, Class }) => {
    // One that is no whole number of vectors, and one that is more than a block of 256.
    const lengths = [67, 300];
    test.each(cases)(
      '%s: every kernel has the same bits, and leaves it so',
      (name, environment) => {
        for (const memory of memories) {
          for (const options of extremes(rule).filter(memory.suits)) {
            const given = { Class, options, memory, lengths };
            const expected = expectedOf(given);
            for (const isa of nativeIsas) {
              configure({ isa, threads: 1 });
              const where = `${isa}, ${memory.name}, ${JSON.stringify(options)}, ${name}`;
              expectSame(given, environment, expected, where);
            }
          }
        }
      },
    );

    test.each(cases.slice(-2))('%s: so do steps that take threads', (name, environment) => {
      const options = extremes(rule).at(-1) as Options;
      const given = { Class, options, memory: memories[0] as Memory, lengths: [300_000] };
      configure({ isa: nativeIsas[0] as Isa, threads: 1 });
      const expected = run(given);
      configure({ threads: 2 });
      expectSame(given, environment, expected, name);
    });

    // With another rounding the numbers that JavaScript makes of hyperparameters would differ.
    test.each(dataTypes)(
      '%s: where denormal numbers are 0 all of step() has the same bits',
      (type) => {
        const memory = memories.find(({ name }) => name === type) as Memory;
        configure({ isa: nativeIsas[0] as Isa, threads: 1 });
        for (const options of extremes(rule)) {
          const paramsAfter = (environment: Environment) => {
            const params = memory.tensor(300, 1);
            const optimizer = new Class([params as Tensor], options);
            const gradient = memory.tensor(300, 2) as Tensor;
            for (let t = 0; t < 3; t++) callIn(environment, () => optimizer.step([gradient]));
            return params;
          };
          expect(
            difference(paramsAfter(cases[0]?.[1] as Environment), paramsAfter(plain)),
          ).toBeUndefined();
        }
      },
    );
  });
});
