import { describe, expect, test } from 'vitest';
import { configure, type Isa } from '../../lib/index.js';
import {
  type DataType,
  dataTypes,
  difference,
  ordinaryValue,
  ordinaryValues,
  place,
  type Tensor,
} from '../bits.js';
import { engines } from '../engines.js';
import { possible, storagesOf, tensorOf } from '../storages.js';
import { type AnyOptimizer, extremes, type Options, optimizers } from '../variants.js';

type AnyTensor = Tensor | Uint16Array;

interface Case {
  Class: (typeof optimizers)[number]['Class'];
  options: Options;
  isa: Isa;
  /** A tensor of so many elements, numbered by `seed`. */
  tensor: (length: number, seed: number) => AnyTensor;
  lengths: readonly number[];
}

/** Parameters and states after some steps at rates that change, one tensor without a gradient now and then. */
async function train(
  { Class, options, isa, tensor, lengths }: Case,
  step: (optimizer: AnyOptimizer, gradients: (AnyTensor | null)[]) => unknown,
) {
  configure({ isa, threads: 2 });
  const params = lengths.map((n, i) => tensor(n, i));
  const optimizer = new Class(params as Tensor[], options);
  for (let t = 0; t < 3; t++) {
    optimizer.learningRate = 0.01 / (t + 1);
    await step(
      optimizer,
      lengths.map((n, i) => (i > 0 && (t + i) % 3 === 2 ? null : tensor(n, 10 * t + i + 50))),
    );
  }
  const states = optimizer.stateDict().groups.flatMap(({ tensors }) => tensors);
  return [...params, ...states.flatMap(({ state }) => Object.values(state))] as Tensor[];
}

async function expectSame(given: Case) {
  const expected = await train(given, (optimizer, gradients) =>
    optimizer.step(gradients as Tensor[]),
  );
  const waited = await train(given, (optimizer, gradients) =>
    optimizer.stepAsync(gradients as Tensor[]),
  );
  const pending: Promise<unknown>[] = [];
  // All are asked for at once: each waits for the one before.
  const queued = await train(given, (optimizer, gradients) => {
    pending.push(optimizer.stepAsync(gradients as Tensor[]));
    return pending.length === 3 ? Promise.all(pending) : undefined;
  });
  for (const actual of [waited, queued]) {
    expect(actual).toHaveLength(expected.length);
    for (const [k, tensor] of actual.entries()) {
      const found = difference(tensor, expected[k] as Tensor);
      if (found) expect.fail(`${JSON.stringify(given.options)}: tensor ${k} ${found}`);
    }
  }
}

const wide = (type: DataType) => (length: number, seed: number) =>
  place(type, length, 8 * (seed % 7), ordinaryValues(seed, length)).tensor;

describe.each(engines)('on %s, an asynchronous step has the bits of a synchronous one:', (isa) => {
  describe.each(optimizers)('$name', ({ rule, Class }) => {
    test.each(dataTypes)('%s', async (type) => {
      for (const options of extremes(rule)) {
        await expectSame({ Class, options, isa, tensor: wide(type), lengths: [1, 0, 67, 1000] });
      }
    });

    test('narrow storage', async () => {
      for (const storage of storagesOf(rule)) {
        const options = extremes(rule).find((variant) => possible(variant, storage));
        const tensor = (length: number, seed: number) =>
          tensorOf(storage, length, (i) => ordinaryValue(seed, i)) as AnyTensor;
        const lengths = [67, 1000];
        await expectSame({ Class, options: { ...options, ...storage }, isa, tensor, lengths });
      }
    });
  });
});

test.each(optimizers)('$name: steps that take several threads', async ({ rule, Class }) => {
  const options = extremes(rule).at(-1) as Options;
  const isa = engines[0] as Isa;
  await expectSame({
    Class,
    options,
    isa,
    tensor: wide('float32'),
    lengths: [150_007, 5, 130_011],
  });
});

test('so many tensors that they are looked up slice by slice', async () => {
  const { Class } = optimizers[0] as (typeof optimizers)[number];
  const lengths = Array.from({ length: 1000 }, (_, i) => i % 5);
  const isa = engines[0] as Isa;
  await expectSame({ Class, options: { momentum: 0.9 }, isa, tensor: wide('float32'), lengths });
});
