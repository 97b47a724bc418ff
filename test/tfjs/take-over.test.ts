import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { takeOver, train } from '../../lib/tfjs/index.js';
import { backends, squares, use, variable } from './backends.js';
import { artifactsOf, compile, load, networks, trainModel, weightsOf } from './networks.js';
import { ours, theirs, trainCases } from './train.js';

/** Those that take the same path in TensorFlow.js. */
const alike = trainCases
  .filter(({ args }) => args[4] !== true)
  .map((entry) => [`${entry.name}(${entry.args})`, entry] as const);

describe.each(backends)('on the backend %s', (backend) => {
  beforeAll(() => use(backend));

  test.each(alike)('%s goes on where that of tf.train stands', async (_, entry) => {
    const start = [1, 2, -3, 0.01];
    const [x, y] = [variable(start), variable(start)];
    const steps = (optimizer: tf.Optimizer, v: tf.Variable, count: number) => {
      for (let t = 0; t < count; t++) optimizer.minimize(() => squares(v), false, [v]);
    };
    const straight = theirs(entry);
    steps(straight, x, 10);

    const before = theirs(entry);
    steps(before, y, 5);
    const tensors = tf.memory().numTensors;
    const taken = await takeOver(before);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(taken.getClassName()).toBe(ours(entry).getClassName());
    const fresh = variable([...y.dataSync()]);
    steps(taken, y, 5);
    expect(taken.iterations).toBe(10);
    const distance = (v: tf.Variable) =>
      Math.max(...v.dataSync().map((value, i) => Math.abs(value - (x.dataSync()[i] as number))));
    expect(distance(y)).toBeLessThan(1e-5);

    // Without the state it would be elsewhere.
    steps(ours(entry), fresh, 5);
    if (entry.states.length > 0) expect(distance(fresh)).toBeGreaterThan(1e-3);
  });
});

test('a model that tf.train has trained goes on with it, also when it was saved', async () => {
  await use('cpu');
  const straight = compile(networks.dense(), tf.train.adam(0.01));
  const losses = await trainModel(straight, 'dense', 8);
  const stopped = compile(networks.dense(), tf.train.adam(0.01));
  await trainModel(stopped, 'dense', 4);
  for (const model of [await load(await artifactsOf(stopped)), stopped] as LayersModel[]) {
    model.optimizer = await takeOver(model.optimizer);
    const rest = await trainModel(model, 'dense', 4);
    for (const [i, loss] of rest.entries()) expect(loss).toBeCloseTo(losses[4 + i] as number, 5);
    const weights = weightsOf(straight);
    for (const [i, weight] of weightsOf(model).entries()) {
      expect(weight).toBeCloseTo(weights[i] as number, 4);
    }
  }
});

test.each([
  { does: 'one of this package', value: () => train.sgd(1), received: '"rmsprop/tfjs/SGD"' },
  { does: 'nothing', value: () => undefined, received: 'undefined' },
  { does: 'an object', value: () => ({}), received: 'an object' },
])('$does is not taken over', async ({ value, received }) => {
  const error = await takeOver(value() as unknown as tf.Optimizer).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({
    code: 'ERR_INVALID_OPTION',
    message: `Expected optimizer to be one of tf.train: RMSProp, SGD, Momentum, Adam, Adamax, Adagrad, Adadelta, but received ${received}`,
  });
});
