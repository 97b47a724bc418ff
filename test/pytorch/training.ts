import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Optimizer } from '../../lib/index.js';
import { arrayTypes, type DataType, difference, ordinaryValue, type Tensor } from '../bits.js';
import { type AnyOptimizer, isOfAuthors, type Options, optimizers, variants } from '../variants.js';

/** A folder for the files of a test file, gone when it is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rmsprop-pytorch-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Two groups of two tensors, of both types. Shapes are for PyTorch; here tensors are flat. */
export const layout: readonly (readonly { dtype: DataType; shape: readonly number[] }[])[] = [
  [
    { dtype: 'float32', shape: [5, 7] },
    { dtype: 'float64', shape: [11] },
  ],
  [
    { dtype: 'float32', shape: [13] },
    { dtype: 'float32', shape: [3, 1] },
  ],
];

const numbers = layout.flatMap((group, g) => group.map((_, i) => 2 * g + i));

function tensor(i: number, seed: number): Tensor {
  const { dtype, shape } = layout.flat()[i] as (typeof layout)[number][number];
  const length = shape.reduce((product, n) => product * n, 1);
  return new arrayTypes[dtype](length).map((_, k) => ordinaryValue(seed, k)) as Tensor;
}

/** The tensors in order; the same every time. */
export const freshParams = (): Tensor[] => numbers.map((i) => tensor(i, i));

/** The gradients of a step, counted from 1: one tensor has none before the 6th, and one has none at the 2nd. */
export function gradientsOf(step: number): (Tensor | null)[] {
  return numbers.map((i) => {
    if ((i === 3 && step < 6) || (i === 2 && step === 2)) return null;
    return tensor(i, 1000 * step + i);
  });
}

/** An optimizer of any class for these tensors, in two groups; the second has options of its own. */
export function make(
  name: string,
  params: readonly Tensor[],
  options: Options = {},
  others: Options = {},
): AnyOptimizer & Optimizer<unknown, object> {
  const { Class } = optimizers.find((each) => each.name === name) as (typeof optimizers)[number];
  const groups = [{ params: params.slice(0, 2) }, { params: params.slice(2), ...others }];
  return new Class(groups as never, options) as never;
}

export function train(optimizer: AnyOptimizer, steps: readonly number[]) {
  for (const step of steps) {
    const gradients = gradientsOf(step);
    optimizer.step([gradients.slice(0, 2), gradients.slice(2)] as never);
  }
}

/** Where the state and the options of two optimizers differ, in words; undefined if they are the same, bit for bit. */
export function differenceOfStates(
  actual: AnyOptimizer,
  expected: AnyOptimizer,
): string | undefined {
  const arrays = (optimizer: AnyOptimizer) =>
    optimizer.stateDict().groups.flatMap(({ tensors }) => tensors.map(({ state }) => state));
  const [here, there] = [arrays(actual), arrays(expected)];
  for (const [i, states] of there.entries()) {
    for (const [name, array] of Object.entries(states)) {
      const own = here[i]?.[name];
      const found = own ? difference(own, array) : ' is not there';
      if (found) return `${name} of tensor ${i}${found}`;
    }
  }
  const rest = (optimizer: AnyOptimizer) => {
    const show = (_: string, value: unknown) => {
      if (ArrayBuffer.isView(value)) return '';
      return Object.is(value, -0) ? '-0' : value;
    };
    return JSON.stringify(optimizer.stateDict(), show);
  };
  return rest(actual) === rest(expected) ? undefined : `${rest(actual)}, not ${rest(expected)}`;
}

/** Whether PyTorch's class of the same name has options that say this. */
export function isInPyTorch(name: string, options: Options): boolean {
  const of = (option: string, ...values: unknown[]) => values.includes(options[option]);
  if (name === 'RMSprop') {
    const same = of('epsilonPlacement', 'outside') && of('momentumScaling', 'gradient');
    const none = of('nesterov', false) && of('initialSquareAverage', 0);
    return same && none && of('biasCorrection', false) && of('weightDecayMode', 'l2');
  }
  if (name === 'Rprop') return of('weightDecay', 0) && of('weightDecayMode', 'l2');
  if (name === 'Adam' || name === 'AdamW') return of('biasCorrection', true);
  return name === 'NAdam' || of('weightDecayMode', 'l2');
}

/** The classes that PyTorch has, too. */
export const inPyTorch = optimizers.filter(
  ({ name, rule }) => name !== 'Lion' && !isOfAuthors(rule),
);

/** Every one of them in every variant. */
export const everyVariant = inPyTorch.flatMap(({ name, rule }) =>
  variants(rule).map((options) => ({ name, options })),
);
