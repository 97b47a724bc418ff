import { afterAll, describe, expect, test } from 'vitest';
import { configure, type Isa, runtime } from '../../lib/index.js';
import type { Tensor } from '../../lib/tensor.js';
import { difference } from '../bits.js';
import { isOfAuthors, optimizers } from '../variants.js';
import { type GoldenCase, type PerTensor, readGoldenCases } from './read.js';

/** The others are in schedule-free.test.ts and prodigy.test.ts. */
const recorded = optimizers
  .filter(({ rule }) => !isOfAuthors(rule))
  .map(({ name }) => name as GoldenCase['rule']);

const isas = runtime().availableIsas;
afterAll(() => configure({ isa: isas[0] as Isa }));

function expectSame(actual: PerTensor<Tensor>, expected: PerTensor<Tensor>, what: string) {
  for (const name of ['weights', 'bias'] as const) {
    const found = difference(actual[name], expected[name]);
    if (found) expect.fail(`${what} ${name}${found}`);
  }
}

/** Trains as was recorded, and compares parameters on the way, and parameters and state at the end. */
function follow(given: GoldenCase) {
  const { Class } = optimizers.find(
    ({ name }) => name === given.rule,
  ) as (typeof optimizers)[number];
  const params = given.initialParams();
  const optimizer = new Class(params as never, given.options as never);
  for (const [i, { learningRate, gradients }] of given.steps.entries()) {
    optimizer.learningRate = learningRate;
    optimizer.step(gradients as never);
    const expected = given.expected.params.get(i + 1);
    if (expected) expectSame(params, expected, `${given.name}, step ${i + 1}:`);
  }
  const tensors = optimizer.stateDict().groups[0]?.tensors ?? [];
  for (const { name, step, numbers = {}, state } of tensors) {
    const at = name as 'weights' | 'bias';
    expect(step).toBe(given.expected.step[at]);
    const expected = Object.entries(given.expected.numbers).map(([key, each]) => [key, each[at]]);
    expect(numbers).toEqual(Object.fromEntries(expected));
    expect(Object.keys(state).sort()).toEqual(Object.keys(given.expected.state).sort());
    for (const [stream, expected] of Object.entries(given.expected.state)) {
      const found = difference(state[stream] as Tensor, expected[at]);
      if (found) expect.fail(`${given.name}, ${stream} of ${name}${found}`);
    }
  }
}

describe.each(isas)(
  'on %s, the bits are those of PyTorch, and of Lion those of its paper, for',
  (isa: Isa) => {
    test.each(recorded)('%s', (rule) => {
      configure({ isa });
      const cases = readGoldenCases(rule);
      expect(cases.length).toBeGreaterThan(50);
      for (const given of cases) follow(given);
    });
  },
);
