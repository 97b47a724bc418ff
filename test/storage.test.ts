import { describe, expect, test } from 'vitest';
import { configure, type Isa } from '../lib/index.js';
import type { MemoryArray, Tensor } from '../lib/tensor.js';
import { difference, ordinaryValue, ordinaryValues, specialValues } from './bits.js';
import { nativeIsas } from './engines.js';
import { copyOf, possible, type Storage, storages, storagesOf, tensorOf } from './storages.js';
import {
  type AnyOptimizer,
  arithmetics,
  extremes,
  type Options,
  optimizers,
  variants,
} from './variants.js';

interface Case {
  name: string;
  Class: Optimizer['Class'];
  options: Options;
  params: readonly Tensor[];
  gradient: (step: number, tensor: number) => Tensor | null;
  steps: number;
  prepare?: (optimizer: AnyOptimizer) => void;
}

/** What comes of each case under one configuration. */
function runAll(cases: readonly Case[], isa: Isa, threads = 1): MemoryArray[][] {
  configure({ isa, threads });
  return cases.map(run);
}

/** Parameters, which are copies of those of the case, and all state after some steps. */
function run(given: Case): MemoryArray[] {
  const params = given.params.map(copyOf);
  const optimizer = new given.Class(params, given.options);
  given.prepare?.(optimizer);
  for (let t = 0; t < given.steps; t++) {
    optimizer.learningRate = 0.01 / (t + 1);
    optimizer.step(params.map((_, i) => given.gradient(t, i)));
  }
  const tensors = optimizer.stateDict().groups.flatMap((group) => group.tensors);
  return [...params, ...tensors.flatMap(({ state }) => Object.values(state))] as MemoryArray[];
}

function expectSame(cases: readonly Case[]) {
  const expected = runAll(cases, 'typescript');
  for (const isa of nativeIsas) compare(runAll(cases, isa), expected, cases, isa);
}

function compare(
  actual: readonly MemoryArray[][],
  expected: readonly MemoryArray[][],
  cases: readonly Case[],
  where: string,
) {
  for (const [i, arrays] of expected.entries()) {
    for (const [k, array] of arrays.entries()) {
      const found = difference(actual[i]?.[k] as MemoryArray, array);
      if (found) expect.fail(`${cases[i]?.name}, ${where}: array ${k} ${found}`);
    }
  }
}

type Optimizer = (typeof optimizers)[number];

/** Parameters and gradients of these lengths, which are only read: made once. */
const tensors = new Map<string, { params: Tensor[]; gradients: Tensor[] }>();
function tensorsOf(storage: Storage, lengths: number[]) {
  const key = `${storage.dtype} ${lengths}`;
  const known = tensors.get(key);
  if (known) return known;
  const from = (seed: number) =>
    lengths.map((n, i) => tensorOf(storage, n, (k) => ordinaryValue(seed + i, k)));
  const made = { params: from(0), gradients: from(9) };
  tensors.set(key, made);
  return made;
}

/** Tensors of these lengths, of which some have no gradient now and then, under a rule with all of its states. */
function ofLengths({ name, rule, Class }: Optimizer, storage: Storage, lengths: number[]): Case {
  const variant = extremes(rule, (variant) => possible(variant, storage)).at(-1);
  const options = { ...variant, ...storage, seed: 3 };
  const { params, gradients } = tensorsOf(storage, lengths);
  return {
    name: `${name} ${JSON.stringify(options)}`,
    Class,
    options,
    params,
    gradient: (step, i) => ((step + i) % 3 === 1 ? null : (gradients[i] as Tensor)),
    steps: 2,
  };
}

describe.each(arithmetics)('$name', ({ name, rule, Class }) => {
  describe.each(storagesOf(rule))(
    '$dtype parameters, $stateType states, copy $masterCopy',
    (storage) => {
      test('every variant has the bits of the reference on special values', () => {
        const special = specialValues.float32;
        const at = (k: number) =>
          special[((k % special.length) + special.length) % special.length] as number;
        const length = special.length ** 2;
        const pair = tensorOf(storage, length, (i) => at(Math.floor(i / special.length)));
        const other = tensorOf(storage, length, (i) => at(i * 7 + 1));
        // Storage knows nothing of the rule's switches: one storage that has everything sees all of them.
        const all = storage.masterCopy && storage.dtype === 'bfloat16';
        const isPossible = (variant: Options) => possible(variant, storage);
        const some = all ? variants(rule).filter(isPossible) : extremes(rule, isPossible);
        const params = [tensorOf(storage, length, at)];
        const cases = some.map((variant): Case => {
          const options = { ...variant, ...storage };
          return {
            name: `${name} ${JSON.stringify(options)}`,
            Class,
            options,
            params,
            gradient: (step) => (step === 0 ? pair : other),
            steps: 2,
          };
        });
        expectSame(cases);
      });

      test('every code of a state has the bits of the reference', () => {
        // All codes of 16 bits; those of 8 under many scales; float32 has no codes, but numbers of all kinds.
        const length = storage.stateType === 'bfloat16' ? 2 ** 16 : 2 ** 13;
        const { params, gradients } = tensorsOf(storage, [length]);
        const floats = ordinaryValues(7, length);
        const options = {
          ...extremes(rule, (variant) => possible(variant, storage)).at(-1),
          ...storage,
        };
        const prepare = (optimizer: AnyOptimizer) => {
          const dict = optimizer.stateDict();
          for (const { state } of dict.groups.flatMap(({ tensors }) => tensors)) {
            for (const [key, values] of Object.entries(state)) {
              for (let i = 0; i < values.length; i++) {
                values[i] =
                  values instanceof Float32Array
                    ? key.endsWith('Scale')
                      ? 2 ** ((i % 60) - 30)
                      : Math.abs(floats[i] as number)
                    : i;
              }
            }
          }
          optimizer.loadStateDict(dict);
        };
        const given: Case = {
          name: `${name} ${JSON.stringify(options)}`,
          Class,
          options,
          params,
          gradient: () => gradients[0] as Tensor,
          steps: 1,
          prepare,
        };
        expectSame([given]);
      });

      test('every length has the bits of the reference', () => {
        const lengths = [...Array.from({ length: 18 }, (_, n) => n), 255, 256, 257, 1000];
        expectSame([ofLengths({ name, rule, Class }, storage, lengths)]);
      });
    },
  );
});

// The index of a block is part of its random bits. That of the reference is long in coming, and the same for all.
const longest = { dtype: 'bfloat16', stateType: 'uint8', masterCopy: true } as const;
const many = [5, 0, 262_000, 1999];

test('a long tensor has the bits of the reference', () => {
  expectSame([ofLengths(optimizers[0] as Optimizer, longest, many)]);
});

// Where threads meet depends on the sizes of types, and neither on the rule nor on its switches: one rule sees all
// storages, and every rule the one that has the most kinds of memory. What they must be equal to is the run of one thread,
// which the tests above compare with the reference.
const mostKinds = ({ rule }: Optimizer) =>
  storagesOf(rule).findLast(
    ({ dtype, masterCopy }) => dtype === longest.dtype && masterCopy,
  ) as Storage;
const meetings = arithmetics.flatMap((optimizer, i) =>
  (i === 0 ? storages : [mostKinds(optimizer)]).map((storage) => ({ ...storage, optimizer })),
);
test.each(meetings)(
  '$optimizer.name, $dtype parameters, $stateType states, copy $masterCopy: every number of threads has the same bits',
  ({ optimizer, ...storage }) => {
    const cases = [ofLengths(optimizer, storage, many)];
    for (const isa of nativeIsas) {
      const expected = runAll(cases, isa);
      for (const threads of [2, 3]) {
        compare(runAll(cases, isa, threads), expected, cases, `${isa}, ${threads} threads`);
      }
    }
  },
);
