import { expect } from 'vitest';
import { configure, type Isa, type StepResult } from '../../lib/index.js';
import type { MemoryArray, Tensor } from '../../lib/tensor.js';
import { difference, ordinaryValue, ordinaryValues } from '../bits.js';
import { copies, type Storage, tensorOf } from '../storages.js';
import type { AnyOptimizer, Options, optimizers } from '../variants.js';

export type Gradients = readonly (Tensor | null)[];

/** One way to make a step with these gradients. */
export type Way = (optimizer: AnyOptimizer, gradients: Gradients) => StepResult;

export const whole: Way = (optimizer, gradients) => optimizer.step(gradients);

/** Tensor by tensor, the last one first, as backpropagation finds gradients. */
export const inParts: Way = (optimizer, gradients) => {
  for (const [i, gradient] of [...gradients.entries()].reverse()) {
    // Null says the same as no call at all.
    if (gradient !== null || i % 2 === 0) optimizer.stepTensor(i, gradient);
  }
  return optimizer.endStep();
};

export const float32: Storage = { dtype: 'array', stateType: 'float32', masterCopy: false };

export interface Case {
  Class: (typeof optimizers)[number]['Class'];
  options: Options;
  lengths: readonly number[];
  tensor: (length: number, seed: number) => Tensor;
  steps: number;
}

/** Tensors as something stores them. */
export const stored = (storage: Storage) =>
  copies((length: number, seed: number) =>
    tensorOf(storage, length, (k) => ordinaryValue(seed, k)),
  );
export const doubles = (length: number, seed: number) => ordinaryValues(seed, length).slice();

/** All that can be told of an optimizer, copied. */
export function told(optimizer: AnyOptimizer) {
  const { groups, counters } = optimizer.stateDict();
  const tensors = groups.flatMap((group) => group.tensors);
  return {
    counters,
    steps: tensors.map(({ step }) => step),
    states: tensors.flatMap(({ state }) => Object.values(state)) as MemoryArray[],
  };
}

/** All that can be told of some steps that were made in one way. */
export function run(
  { Class, options, lengths, tensor, steps }: Case,
  way: Way,
  isa: Isa,
  threads = 1,
) {
  configure({ isa, threads });
  const params = lengths.map((length, i) => tensor(length, i));
  const optimizer = new Class(params, options);
  const results: StepResult[] = [];
  const used: Tensor[] = [];
  for (let t = 0; t < steps; t++) {
    optimizer.learningRate = 0.01 / (t + 1);
    const gradients = lengths.map((length, i) =>
      (t + i) % 3 === 1 && i > 0 ? null : tensor(length, 9 + t + 20 * i),
    );
    const { gradientNorms, ...rest } = way(optimizer, gradients);
    results.push({ ...rest, gradientNorms: gradientNorms?.slice() });
    used.push(...gradients.filter((gradient) => gradient !== null));
  }
  const { states, ...rest } = told(optimizer);
  return { arrays: [...params, ...used, ...states] as MemoryArray[], told: { results, ...rest } };
}

export function expectSame(actual: ReturnType<typeof run>, expected: typeof actual, at: string) {
  expect(actual.told, at).toEqual(expected.told);
  expectSameArrays(actual.arrays, expected.arrays, at);
}

export function expectSameArrays(
  actual: readonly MemoryArray[],
  expected: readonly MemoryArray[],
  at: string,
) {
  expect(actual, at).toHaveLength(expected.length);
  for (const [k, array] of expected.entries()) {
    const found = difference(actual[k] as MemoryArray, array);
    if (found) expect.fail(`${at}: array ${k} ${found}`);
  }
}
