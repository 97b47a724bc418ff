import { afterAll, describe, expect, test } from 'vitest';
import { configure, RMSprop, runtime, Scheduler, SGD, schedules } from '../lib/index.js';
import { difference, ordinaryValue } from './bits.js';
import { engines, nativeIsas } from './engines.js';
import { distribute, onRanks } from './mpi/model.js';
import { copyOf, type Storage, storages, tensorOf } from './storages.js';
import { type Options, optimizers } from './variants.js';

const { isa, threads } = runtime();
afterAll(() => configure({ isa, threads }));

const capped = optimizers.filter(({ rule }) => 'relativeCap' in rule.hyperparameters);

test('optimizers with a rate that is a size of steps have it', () => {
  expect(capped.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['RMSprop', 'SGD', 'Adam', 'AdamW']),
  );
});

/** Tensors with tails of their own after runs of the sample, blocks and chunks; and what is large enough for threads. */
const lengths = [1, 5, 16, 17, 255, 300, 1025, 4095, 4097, 9000];
const large = [...lengths, 150_001];
const make = (seed: number, View: typeof Float32Array | typeof Float64Array = Float32Array) =>
  lengths.map((length, t) => new View(length).map((_, i) => ordinaryValue(seed + t, i)));
const makeLarge = (seed: number) =>
  large.map((length, t) => new Float32Array(length).map((_, i) => ordinaryValue(seed + t, i)));

const makeLargeParams = () => makeLarge(1);

/** Each has half of the ways to store numbers. */
describe.each(capped.map((each, rank) => ({ ...each, rank })))('$name', ({ Class, rank }) => {
  const runs = [
    {
      name: 'large tensors',
      options: {} as Options,
      params: makeLargeParams,
      gradients: (step: number) => makeLarge(50 * step),
    },
    {
      name: 'Float64Array',
      options: {},
      params: () => make(1, Float64Array),
      gradients: (step: number) => make(50 * step, Float64Array),
    },
    ...storages
      .filter((_, k) => k % 2 === rank % 2)
      .map((storage: Storage) => ({
        name: JSON.stringify(storage),
        options: storage as Options,
        params: () =>
          lengths.map((length, t) => tensorOf(storage, length, (i) => ordinaryValue(1 + t, i))),
        gradients: (step: number) =>
          lengths.map((length, t) =>
            tensorOf(storage, length, (i) => ordinaryValue(50 * step + t, i)),
          ),
      })),
  ];
  test.each(runs)('the same bits everywhere: $name', async ({ options, params, gradients }) => {
    const all = { ...options, learningRate: 0.3, relativeCap: true, clipGlobalNorm: 100 };
    const steps = [1, 2, 3].map(gradients);
    const train = (make: (params: never[]) => (gradients: never[]) => void) => {
      const trained = params();
      const step = make(trained as never[]);
      for (const each of steps) step(each.map(copyOf as never) as never[]);
      return trained;
    };
    configure({ isa: 'typescript' });
    const expected = train((params) => {
      const optimizer = new Class(params, all);
      return (gradients) => optimizer.step(gradients);
    });
    for (const isa of nativeIsas) {
      for (const threads of [1, 2, 3]) {
        configure({ isa, threads });
        const found = train((params) => {
          const optimizer = new Class(params, all);
          return (gradients) => optimizer.step(gradients);
        });
        for (const [i, tensor] of expected.entries()) {
          expect(difference(found[i] as never, tensor as never)).toBeUndefined();
        }
      }
    }
    configure({ isa: engines[0] as typeof isa, threads });
  });

  test('ranks with shards have the bits of one process', async () => {
    const options = { learningRate: 0.3, relativeCap: 0.02 };
    const expected = make(1);
    const single = new Class(expected, options);
    for (let step = 1; step <= 4; step++) single.step(make(50 * step));
    await onRanks(3, async (comm) => {
      const params = make(comm.rank + 1);
      const distributed = await distribute(Class, params, options, comm);
      for (let step = 1; step <= 4; step++) await distributed.step(make(50 * step));
      for (const [i, tensor] of expected.entries()) {
        expect(difference(params[i] as never, tensor)).toBeUndefined();
      }
    });
  });

  test('the same bits tensor by tensor, in any order', () => {
    const options = { learningRate: 0.3, relativeCap: true };
    const [whole, others] = [make(1), make(1)];
    const [optimizer, other] = [new Class(whole, options), new Class(others, options)];
    for (let step = 1; step <= 3; step++) {
      const gradients = make(50 * step);
      optimizer.step(gradients);
      for (const i of [...gradients.keys()].reverse()) {
        other.stepTensor(i, gradients[i] as Float32Array);
      }
      other.endStep();
    }
    for (const [i, tensor] of whole.entries()) {
      expect(difference(others[i] as never, tensor)).toBeUndefined();
    }
  });

  test('a checkpoint goes on, bit for bit', () => {
    const options = { learningRate: 10, relativeCap: true };
    const [params, others] = [make(1), make(1)];
    const [optimizer, other] = [new Class(params, options), new Class(others, {})];
    for (let step = 1; step <= 2; step++) optimizer.step(make(50 * step));
    for (const [i, tensor] of params.entries()) others[i]?.set(tensor);
    other.loadStateDict(structuredClone(optimizer.stateDict()));
    for (const each of [optimizer, other]) each.step(make(150));
    for (const [i, tensor] of params.entries()) {
      expect(difference(others[i] as never, tensor)).toBeUndefined();
    }
  });
});

describe.each(capped.filter(({ rule }) => !rule.estimatesDistance))('$name', ({ Class }) => {
  test('a rate that is small enough is left as it is', () => {
    const [plain, other] = [make(1), make(1)];
    const [one, two] = [
      new Class(plain, { learningRate: 1e-5 }),
      new Class(other, { learningRate: 1e-5, relativeCap: true }),
    ];
    for (let step = 1; step <= 3; step++) {
      one.step(make(50 * step));
      two.step(make(50 * step));
    }
    for (const [i, tensor] of plain.entries()) {
      expect(difference(other[i] as never, tensor)).toBeUndefined();
    }
  });

  test('however large the rate, a step is a fraction of the tensor', () => {
    const size = (all: ArrayLike<number>) =>
      Math.sqrt(Array.from(all).reduce((sum, x) => sum + x * x, 0) / all.length);
    const w = new Float32Array(16).map((_, i) => 1 + i / 16);
    const optimizer = new Class([w], { learningRate: 1e6, relativeCap: 0.05, weightDecay: 0 });
    // The first step goes by a direction of 1, and measures what it is.
    optimizer.step([new Float32Array(16).fill(1)]);
    const before = w.slice();
    optimizer.step([new Float32Array(16).fill(1)]);
    const moved = size(w.map((x, i) => x - (before[i] as number))) / size(before);
    expect(moved).toBeGreaterThan(0.02);
    expect(moved).toBeLessThan(0.1);
  });
});

/** The formula, in float64 and over all numbers: tensors of up to 511, which the sample holds whole. */
test('gradient descent with a cap is what the formula says', () => {
  const rms = (x: Float64Array) => Math.sqrt(x.reduce((sum, y) => sum + y * y, 0) / x.length);
  const w = Float64Array.of(0.5, -0.25, 2, 0.1);
  const p = w.slice();
  const optimizer = new SGD([p], { learningRate: 3, relativeCap: 0.1 });
  let [size, direction] = [rms(w), 1];
  for (let step = 0; step < 20; step++) {
    const g = w.map((x, i) => x * (i + 1) - step / 10);
    optimizer.step([p.map((x, i) => x * (i + 1) - step / 10)]);
    const rate = Math.min(3, (0.1 * Math.max(size, 0.02)) / Math.max(direction, 0.1));
    for (const [i, x] of g.entries()) (w[i] as number) -= rate * x;
    size = rms(w);
    direction = rms(g);
    for (const [i, x] of w.entries()) expect(p[i]).toBeCloseTo(x, 10);
  }
});

/** Of how many numbers the first 16 are in the sample, as docs/arithmetic.md says it. */
const spacings = [
  { length: 511, spacing: 16 },
  { length: 512, spacing: 32 },
  { length: 1023, spacing: 32 },
  { length: 1024, spacing: 64 },
  { length: 65_535, spacing: 2048 },
  { length: 65_536, spacing: 4096 },
  { length: 300_000, spacing: 4096 },
];
test.each(spacings)(
  'the size of $length numbers is that of 16 of each $spacing',
  ({ length, spacing }) => {
    const p = new Float64Array(length).map((_, i) => ordinaryValue(1, i));
    const sample = p.filter((_, i) => i % spacing < 16);
    const optimizer = new SGD([p], { learningRate: 3, relativeCap: true });
    optimizer.step([new Float64Array(length)]);
    const { numbers } = optimizer.stateDict().groups[0]?.tensors[0] ?? {};
    const squares = sample.reduce((sum, x) => sum + x * x, 0);
    expect(numbers?.parameterSize).toBeCloseTo(Math.sqrt(squares / sample.length), 12);
  },
);

test('a schedule multiplies the cap as it does the rate', () => {
  const optimizer = new RMSprop([new Float32Array(3)], { learningRate: 2, relativeCap: true });
  const scheduler = new Scheduler(optimizer, schedules.exponential({ factor: 0.5 }));
  scheduler.step();
  expect([optimizer.learningRate, optimizer.relativeCap]).toEqual([1, 0.025]);
  const state = JSON.parse(JSON.stringify(scheduler.stateDict()));
  expect(state.baseCaps).toEqual([0.05]);
  scheduler.step();
  const other = new RMSprop([new Float32Array(3)], { learningRate: 7, relativeCap: 7 });
  new Scheduler(other, schedules.exponential({ factor: 0.5 })).loadStateDict(state);
  expect([other.learningRate, other.relativeCap]).toEqual([1, 0.025]);
});
