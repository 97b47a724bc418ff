import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { RMSPropOptimizer, train } from '../../lib/tfjs/index.js';
import { use, variable } from '../tfjs/backends.js';
import { expectFailure, type Failure } from './failure.js';

beforeAll(() => use('cpu'));

/** Arguments as a JavaScript caller can pass them. */
const make = train as unknown as Record<string, (...args: unknown[]) => tf.Optimizer>;

const number = 'to be a finite number of at least 0';
const failures: Failure[] = [
  ...['rmsprop', 'sgd', 'momentum', 'adagrad'].map((name) => ({
    does: `${name} without a learning rate`,
    run: () => make[name]?.(undefined),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: 'Expected learningRate to be a number, or options, but received undefined',
  })),
  {
    does: 'a learning rate below 0',
    run: () => train.adam(-1),
    kind: RangeError,
    code: 'ERR_INVALID_OPTION',
    says: `Expected options.learningRate ${number}, but received -1`,
  },
  {
    does: 'an option that the rule does not have',
    run: () => make.sgd?.({ epsilon: 1 }),
    kind: TypeError,
    code: 'ERR_UNKNOWN_OPTION',
    says: expect.stringContaining('options to have only learningRate, ') as unknown as string,
  },
  {
    does: 'a learning rate that is set to a word',
    run: () => train.sgd(1).setLearningRate('fast' as unknown as number),
    kind: TypeError,
    code: 'ERR_INVALID_OPTION',
    says: `Expected options.learningRate ${number}, but received "fast"`,
  },
  {
    does: 'a decay of the learning rate below 0',
    run: () => train.adamax(0.1, 0.9, 0.999, null, -1),
    kind: RangeError,
    code: 'ERR_INVALID_OPTION',
    says: `Expected options.learningRateDecay ${number}, but received -1`,
  },
  {
    does: 'a configuration of something else',
    run: () => RMSPropOptimizer.fromConfig(RMSPropOptimizer, { rate: 1 }),
    kind: TypeError,
    code: 'ERR_UNKNOWN_OPTION',
    says: expect.stringContaining('but received "rate"') as unknown as string,
  },
];

test.each(failures)('$does is refused', expectFailure);

interface BadGradients {
  does: string;
  gradients: (x: tf.Variable) => unknown;
  kind: typeof TypeError | typeof RangeError;
  code: string;
  says: string;
}

const ones = (length = 2) => tf.ones([length]);
const badGradients: BadGradients[] = [
  {
    does: 'nothing',
    gradients: () => undefined,
    kind: TypeError,
    code: 'ERR_GRADIENT_NAMES',
    says: 'Expected gradients to be tensors by name, or a list of { name, tensor }, but received undefined',
  },
  {
    does: 'a name that no variable has',
    gradients: () => ({ nobody: ones() }),
    kind: TypeError,
    code: 'ERR_GRADIENT_NAMES',
    says: 'Expected gradients to have names of variables, but received "nobody"',
  },
  {
    does: 'a list with nothing in it',
    gradients: () => [null],
    kind: TypeError,
    code: 'ERR_GRADIENT_NAMES',
    says: 'Expected gradients to have names of variables, but received undefined',
  },
  {
    does: 'a gradient twice',
    gradients: ({ name }) => [
      { name, tensor: ones() },
      { name, tensor: ones() },
    ],
    kind: TypeError,
    code: 'ERR_GRADIENT_NAMES',
    says: 'Expected one gradient of "bad/x", but received another one',
  },
  {
    does: 'an array',
    gradients: ({ name }) => ({ [name]: [1, 1] }),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected the gradient of "bad/x" to be a tensor, but received an array of length 2',
  },
  {
    does: 'a gradient of integers, after one that is right',
    gradients: ({ name }) => ({ 'bad/y': ones(1), [name]: tf.ones([2], 'int32') }),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected the gradient of "bad/x" to be of type float32, but received "int32"',
  },
  {
    does: 'a gradient for a variable of integers',
    gradients: () => ({ 'bad/n': ones(1) }),
    kind: TypeError,
    code: 'ERR_TENSOR_TYPE',
    says: 'Expected "bad/n" to be of type float32, but received "int32"',
  },
  {
    does: 'a gradient of another shape',
    gradients: ({ name }) => ({ [name]: tf.ones([2, 1]) }),
    kind: RangeError,
    code: 'ERR_TENSOR_LENGTH',
    says: 'Expected the gradient of "bad/x" to have the shape [2], but received [2,1]',
  },
  {
    does: 'a gradient that was disposed of',
    gradients({ name }) {
      const tensor = ones();
      tensor.dispose();
      return { [name]: tensor };
    },
    kind: RangeError,
    code: 'ERR_TENSOR_DETACHED',
    says: 'Expected the gradient of "bad/x" to have its memory, but received a tensor that was disposed of',
  },
  {
    does: 'a gradient that is not finite, where that is an error',
    gradients: ({ name }) => ({ 'bad/y': ones(1), [name]: tf.tensor1d([1, Number.NaN]) }),
    kind: RangeError,
    code: 'ERR_GRADIENT_NOT_FINITE',
    says: 'Expected grads["bad/x"] to hold finite numbers, but received one that is infinite or NaN',
  },
];

describe('applyGradients', () => {
  let [x, y]: [tf.Variable?, tf.Variable?] = [];
  beforeAll(() => {
    [x, y] = [variable([1, 2], 'bad/x'), variable([3], 'bad/y')];
    tf.variable(tf.tensor1d([1], 'int32'), true, 'bad/n');
  });

  test.each(badGradients)('refuses $does, and changes nothing', ({ gradients, ...failure }) => {
    const optimizer = train.rmsprop({ onNonFinite: 'throw' });
    const given = gradients(x as tf.Variable) as tf.NamedTensorMap;
    expectFailure({ ...failure, run: () => optimizer.applyGradients(given) });
    expect([...(x?.dataSync() ?? []), ...(y?.dataSync() ?? [])]).toEqual([1, 2, 3]);
    expect(optimizer.iterations).toBe(0);
  });
});

const integer = (value: number) => tf.scalar(value, 'int32');
const badWeights = [
  {
    does: 'nothing',
    weights: () => undefined,
    says: 'Expected weights to be a list, but received undefined',
  },
  {
    does: 'no iterations',
    weights: () => [],
    says: 'Expected weights to have iter, but received none',
  },
  {
    does: 'a name without a tensor',
    weights: () => [{ name: 'iter', tensor: 3 }],
    says: 'Expected weights[0] to be a tensor with a name, but received 3 named "iter"',
  },
  {
    does: 'iterations below 0',
    weights: () => [{ name: 'iter', tensor: integer(-1) }],
    says: 'Expected iter to be an integer from 0 to 2^53 - 2, but received -1',
  },
  {
    does: 'a state of another rule',
    weights: () => [
      { name: 'iter', tensor: integer(3) },
      { name: 'x/m', tensor: tf.ones([2]) },
    ],
    says: expect.stringMatching(/to be <variable>\/<one of rms, .*>, but received "x\/m"$/),
  },
  {
    does: 'a distance of a rule that has none',
    weights: () => [
      { name: 'iter', tensor: integer(3) },
      { name: 'distance', tensor: tf.ones([2], 'int32') },
    ],
    says: expect.stringMatching(/but received "distance"$/),
  },
  {
    does: 'half a distance',
    make: () => train.prodigyRMSprop(),
    weights: () => [
      { name: 'iter', tensor: integer(3) },
      { name: 'distance', tensor: tf.ones([1], 'int32') },
    ],
    says: expect.stringMatching(/distance to be a finite .*, but received undefined$/),
  },
];

test.each(badWeights)(
  'setWeights refuses $does, and changes nothing',
  async ({ weights, says, make = () => train.rmsprop(0.1) }) => {
    const optimizer = make();
    optimizer.applyGradients([{ name: variable([1, 2]).name, tensor: ones() }]);
    const before = (await optimizer.getWeights()).map(({ tensor }) => [...tensor.dataSync()]);
    const error = await optimizer.setWeights(weights() as never).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'ERR_STATE_MISMATCH', message: says });
    const after = (await optimizer.getWeights()).map(({ tensor }) => [...tensor.dataSync()]);
    expect(after).toEqual(before);
  },
);
