import { expect, test } from 'vitest';
import { type LrFinderOptions, lrFinder, RMSprop, Rprop, SGD } from '../../lib/index.js';
import { f32 } from './failure.js';

type Kind = typeof TypeError | typeof RangeError;

const gradients = f32(1, 1);
const good = () => ({ loss: 1, gradients });
const find = (options: unknown, optimizer: unknown = new SGD(f32(1, 2)), batch: unknown = good) =>
  lrFinder(optimizer as SGD<Float32Array>, batch as typeof good, options as LrFinderOptions);
/** A test of few steps whose third batch gives this. */
const giving = (result: unknown) =>
  find({ steps: 5 }, undefined, (i: number) => (i === 2 ? result : good()));

const cases: [string, () => Promise<unknown>, Kind, string, string][] = [
  [
    'no optimizer',
    () => find(undefined, { step() {} }),
    TypeError,
    'ERR_INVALID_OPTION',
    'optimizer to be an optimizer of this package, but received an object',
  ],
  [
    'Rprop',
    () => find(undefined, new Rprop(f32(1, 2))),
    TypeError,
    'ERR_INVALID_OPTION',
    'optimizer to be one that looks at the learning rate at every step, but received Rprop',
  ],
  [
    'no batch',
    () => find(undefined, undefined, gradients),
    TypeError,
    'ERR_INVALID_OPTION',
    'batch to be a function, but received a Float32Array',
  ],
  ...[undefined, null, 3, 'loss'].map((result): (typeof cases)[number] => [
    `${result} of batch`,
    () => giving(result),
    TypeError,
    'ERR_INVALID_OPTION',
    `batch(2) to give { loss, gradients }, but received ${JSON.stringify(result)}`,
  ]),
  ...[undefined, '1', 1n, [1]].map((loss): (typeof cases)[number] => [
    `the loss ${loss}`,
    () => giving({ loss, gradients }),
    TypeError,
    'ERR_INVALID_OPTION',
    'batch(2).loss to be a number, but received',
  ]),
  [
    'gradients of another length',
    () => giving({ loss: 1, gradients: f32(1) }),
    RangeError,
    'ERR_TENSOR_LENGTH',
    'grads to have length 2, like params, but received 1',
  ],
  [
    'no gradients',
    () => giving({ loss: 1, grads: gradients }),
    TypeError,
    'ERR_INVALID_OPTION',
    "batch(2).gradients to be what the optimizer's step() takes, but received undefined",
  ],
  [
    'a rate that is too high for another group',
    () =>
      find(
        { maximum: 10 },
        new RMSprop([
          { params: f32(1), learningRate: 1e-38 },
          { params: f32(2), learningRate: 10 },
        ]),
      ),
    RangeError,
    'ERR_INVALID_OPTION',
    'params[1].learningRate, in its ratio to that of the first group, to be a finite number of at least 0',
  ],
  [
    'a first group without a rate',
    () => find({}, new SGD([{ params: f32(1), learningRate: 0 }, { params: f32(2) }])),
    RangeError,
    'ERR_INVALID_OPTION',
    'params[1].learningRate, in its ratio to that of the first group, to be a finite number of at least 0',
  ],
  [
    'rates that do not grow',
    () => find({ minimum: 0.1, maximum: 0.1 }),
    RangeError,
    'ERR_CONFLICTING_OPTIONS',
    'options.maximum to be above options.minimum, 0.1, but received 0.1',
  ],
  [
    'a name that it does not have',
    () => find({ num_it: 100 }),
    TypeError,
    'ERR_UNKNOWN_OPTION',
    'options to have only minimum, maximum, steps, smoothing, divergence, onProgress, signal, but received "num_it"',
  ],
  [
    'a number for options',
    () => find(3),
    TypeError,
    'ERR_INVALID_OPTION',
    'options to be a plain object, but received 3',
  ],
];

test.each(cases)('refuses %s', async (_, run, Kind, code, says) => {
  const error = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Kind);
  expect(error).toMatchObject({ code, message: expect.stringContaining(`Expected ${says}`) });
});

test('gradients of another type are an error for TypeScript, too', async () => {
  // @ts-expect-error
  const found = lrFinder(new SGD(f32(1)), () => ({ loss: 1, gradients: Float64Array.of(1) }));
  await expect(found).rejects.toMatchObject({ code: 'ERR_TENSOR_TYPE' });
});

const bad: Record<string, [unknown, Kind][]> = {
  minimum: [
    [0, RangeError],
    [-1, RangeError],
    [Number.NaN, RangeError],
    ['1', TypeError],
  ],
  maximum: [
    [0, RangeError],
    [1e39, RangeError],
    [null, TypeError],
  ],
  steps: [
    [0, RangeError],
    [1.5, RangeError],
    [Number.POSITIVE_INFINITY, RangeError],
    [3n, TypeError],
  ],
  smoothing: [
    [-0.1, RangeError],
    [1, RangeError],
    [Number.NaN, RangeError],
    ['0', TypeError],
  ],
  divergence: [
    [1, RangeError],
    [-4, RangeError],
    [Number.POSITIVE_INFINITY, RangeError],
  ],
  onProgress: [
    [3, TypeError],
    [{}, TypeError],
  ],
  signal: [
    [3, TypeError],
    [{ aborted: false }, TypeError],
    [null, TypeError],
  ],
};

test.each(
  Object.entries(bad).flatMap(([name, values]) =>
    values.map(([value, Kind]) => [name, value, Kind] as const),
  ),
)('refuses the %s %o', async (name, value, Kind) => {
  const error = await find({ [name]: value }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Kind);
  const message = expect.stringMatching(`^Expected options.${name} to be .+, but received .+`);
  expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION', message });
});
