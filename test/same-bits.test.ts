import { describe, expect, test } from 'vitest';
import { configure, type Isa, runtime } from '../lib/index.js';
import {
  type DataType,
  dataTypes,
  difference,
  ordinaryValues,
  place,
  specialValues,
  type Tensor,
} from './bits.js';
import { nativeIsas } from './engines.js';
import {
  type AnyOptimizer,
  arithmetics,
  extremes,
  type Options,
  optimizers,
  variants,
} from './variants.js';

const reference = 'typescript';

interface Case {
  name: string;
  Class: (typeof optimizers)[number]['Class'];
  options: Options;
  type: DataType;
  /** Tensors, made afresh for every run. */
  params: () => { tensor: Tensor; marginsIntact: () => boolean }[];
  gradient: (step: number, tensor: number) => Tensor | null;
  steps: number;
  prepare?: (optimizer: AnyOptimizer) => void;
}

/** What comes of each case under one configuration. To change that takes as long as a short run. */
function runAll(cases: readonly Case[], isa: Isa, threads = 1) {
  configure({ isa, threads });
  expect(runtime()).toMatchObject({ isa, threads: isa === reference ? 1 : threads });
  return cases.map(run);
}

/** Parameters and all state after some steps with a rate that changes. */
function run({ Class, options, params, gradient, steps, prepare }: Case) {
  const placed = params();
  const tensors = placed.map(({ tensor }) => tensor);
  const optimizer = new Class(tensors, options);
  prepare?.(optimizer);
  for (let t = 0; t < steps; t++) {
    optimizer.learningRate = 0.01 / (t + 1);
    optimizer.step(tensors.map((_, i) => gradient(t, i)));
  }
  expect(placed.every(({ marginsIntact }) => marginsIntact())).toBe(true);
  const states = optimizer.stateDict().groups.flatMap((g) => g.tensors);
  return [...tensors, ...states.flatMap(({ state }) => Object.values(state))];
}

type Outcome = ReturnType<typeof run>;

/** Of the cases, each instruction set and number of threads has the bits that are expected. */
function expectBits(
  cases: readonly Case[],
  expected: readonly Outcome[],
  isas: readonly Isa[],
  threads: readonly number[],
) {
  for (const isa of isas) {
    for (const count of threads) {
      for (const [i, outcome] of runAll(cases, isa, count).entries()) {
        for (const [k, tensor] of outcome.entries()) {
          const found = difference(tensor, expected[i]?.[k] as Tensor);
          if (found)
            expect.fail(`${cases[i]?.name}, ${isa}, ${count} threads: tensor ${k} ${found}`);
        }
      }
    }
  }
}

/** Gradients at odd byte offsets, made once: optimizers only read them. */
const gradients = new Map<string, Tensor>();
function ordinaryGradient(type: DataType, length: number, offset: number, seed: number): Tensor {
  const key = `${type} ${length} ${offset} ${seed}`;
  const known = gradients.get(key);
  if (known) return known;
  const { tensor } = place(type, length, offset, ordinaryValues(seed, length));
  gradients.set(key, tensor);
  return tensor;
}

test('every instruction set of this machine is forced in these tests, and there is more than one', () => {
  expect(nativeIsas.length).toBeGreaterThan(1);
  expect(nativeIsas).toContain('scalar');
});

describe.each(arithmetics)('$name', ({ name, rule, Class }) => {
  test.each(dataTypes)(
    '%s: every variant has the bits of the reference on special values',
    (type) => {
      // Every pair of a parameter and a gradient; states from earlier steps, and from a dictionary full of special values.
      const special = specialValues[type];
      const length = special.length ** 2;
      const at = (k: number) =>
        special[((k % special.length) + special.length) % special.length] as number;
      const spread = (shift: number) => (i: number) =>
        at(i * 7 + Math.floor(i / special.length) + shift);
      const pair = place(type, length, 0, (i) => at(Math.floor(i / special.length))).tensor;
      const other = place(type, length, 0, spread(1)).tensor;
      const prepare = (optimizer: AnyOptimizer) => {
        const dict = optimizer.stateDict();
        for (const { state } of dict.groups.flatMap(({ tensors }) => tensors)) {
          for (const [k, values] of Object.values(state).entries()) {
            for (let i = 0; i < length; i++) values[i] = spread(3 * k + 2)(i);
          }
        }
        optimizer.loadStateDict(dict);
      };
      const cases = variants(rule).flatMap((options): Case[] => {
        const given: Case = {
          name: `${name} ${JSON.stringify(options)}`,
          Class,
          options,
          type,
          params: () => [place(type, length, 0, at)],
          gradient: (step) => (step === 0 ? pair : other),
          steps: 2,
        };
        return [given, { ...given, prepare }];
      });
      expectBits(cases, runAll(cases, reference), nativeIsas, [1]);
    },
  );

  test.each(dataTypes)('%s: every length and byte offset has the bits of the reference', (type) => {
    const unit = type === 'float32' ? 4 : 8;
    const lengths = [...Array.from({ length: 34 }, (_, n) => n), 1000, 10007];
    const offsets = [0, unit, 3 * unit, 60].filter((offset) => offset % unit === 0);
    const at = (offset: number) =>
      extremes(rule).map(
        (options): Case => ({
          name: `${name} ${JSON.stringify(options)} offset ${offset}, tensors of many lengths`,
          Class,
          options,
          type,
          params: () => lengths.map((n) => place(type, n, offset, ordinaryValues(1, n))),
          gradient: (step, tensor) =>
            ordinaryGradient(type, lengths[tensor] as number, (offset + 5 * unit) % 64, 2 + step),
          steps: 2,
        }),
      );
    // The numbers are the same at every offset.
    const expected = runAll(at(offsets.at(-1) as number), reference);
    for (const offset of offsets) expectBits(at(offset), expected, nativeIsas, [1]);
  });

  test.each(dataTypes)('%s: every number of threads has the same bits', (type) => {
    // Tensors of several lengths, some without a gradient now and then, so that threads meet inside and between tensors.
    const lengths = [150007, 5, 0, 130011, 17];
    const cases = extremes(rule).map(
      (options): Case => ({
        name: `${name} ${JSON.stringify(options)}`,
        Class,
        options,
        type,
        params: () => lengths.map((n, i) => place(type, n, 8 * i, ordinaryValues(i, n))),
        gradient: (step, i) =>
          i > 0 && (step + i) % 3 === 2
            ? null
            : ordinaryGradient(type, lengths[i] as number, 16, 9 + step),
        steps: 3,
      }),
    );
    // Where threads meet has nothing to do with the rule, and the reference is long in coming: one rule is compared with
    // it, the others with the run of one thread, which the tests above compare with the reference.
    const isFirst = rule === optimizers[0]?.rule;
    const expected = runAll(cases, isFirst ? reference : (nativeIsas[0] as Isa));
    expectBits(cases, expected, nativeIsas, [2, 7]);
  });
});
