import { describe, expect, test } from 'vitest';
import { configure, type Isa, runtime } from '../lib/index.js';
import {
  type DataType,
  dataTypes,
  difference,
  ordinaryValue,
  place,
  specialValues,
  type Tensor,
} from './bits.js';
import { nativeIsas } from './engines.js';
import { type AnyOptimizer, extremes, type Options, optimizers, variants } from './variants.js';

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

/** Parameters and all state after some steps with a rate that changes, under one configuration. */
function run({ Class, options, params, gradient, steps, prepare }: Case, isa: Isa, threads = 1) {
  configure({ isa, threads });
  expect(runtime()).toMatchObject({ isa, threads: isa === reference ? 1 : threads });
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

function expectSame(given: Case, isas: readonly Isa[], threads: readonly number[]) {
  const expected = run(given, reference);
  for (const isa of isas) {
    for (const count of threads) {
      for (const [k, tensor] of run(given, isa, count).entries()) {
        const found = difference(tensor, expected[k] as Tensor);
        if (found) expect.fail(`${given.name}, ${isa}, ${count} threads: tensor ${k} ${found}`);
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
  const { tensor } = place(type, length, offset, (i) => ordinaryValue(seed, i));
  gradients.set(key, tensor);
  return tensor;
}

test('every instruction set of this machine is forced in these tests, and there is more than one', () => {
  expect(nativeIsas.length).toBeGreaterThan(1);
  expect(nativeIsas).toContain('scalar');
});

describe.each(optimizers)('$name', ({ name, rule, Class }) => {
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
      for (const options of variants(rule)) {
        const given: Case = {
          name: `${name} ${JSON.stringify(options)}`,
          Class,
          options,
          type,
          params: () => [place(type, length, 0, at)],
          gradient: (step) => (step === 0 ? pair : other),
          steps: 2,
        };
        expectSame(given, nativeIsas, [1]);
        expectSame({ ...given, prepare }, nativeIsas, [1]);
      }
    },
  );

  test.each(dataTypes)('%s: every length and byte offset has the bits of the reference', (type) => {
    const unit = type === 'float32' ? 4 : 8;
    const lengths = [...Array.from({ length: 34 }, (_, n) => n), 1000, 10007];
    for (const options of extremes(rule)) {
      for (const length of lengths) {
        for (const offset of [0, unit, 3 * unit, 60]) {
          if (offset % unit) continue;
          const given: Case = {
            name: `${name} ${JSON.stringify(options)} length ${length} offset ${offset}`,
            Class,
            options,
            type,
            params: () => [place(type, length, offset, (i) => ordinaryValue(1, i))],
            gradient: (step) => ordinaryGradient(type, length, (offset + 5 * unit) % 64, 2 + step),
            steps: 2,
          };
          expectSame(given, nativeIsas, [1]);
        }
      }
    }
  });

  test.each(dataTypes)('%s: every number of threads has the bits of the reference', (type) => {
    // Tensors of several lengths, some without a gradient now and then, so that threads meet inside and between tensors.
    const lengths = [150007, 5, 0, 130011, 17];
    for (const options of extremes(rule)) {
      const given: Case = {
        name: `${name} ${JSON.stringify(options)}`,
        Class,
        options,
        type,
        params: () => lengths.map((n, i) => place(type, n, 8 * i, (k) => ordinaryValue(i, k))),
        gradient: (step, i) =>
          i > 0 && (step + i) % 3 === 2
            ? null
            : ordinaryGradient(type, lengths[i] as number, 16, 9 + step),
        steps: 3,
      };
      expectSame(given, nativeIsas, [2, 7]);
    }
  });
});
