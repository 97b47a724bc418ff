import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { train } from '../../lib/tfjs/index.js';
import { optimizers } from '../variants.js';
import { backends, squares, use, variable } from './backends.js';
import { follow, makerOf, ours, theirs, trainCases } from './train.js';

const close = (x: tf.Tensor, expected: number[], error = 1e-6) => {
  const values = x.dataSync();
  for (const [i, value] of expected.entries()) {
    // Float32 rounds each of a few operations, by 6e-8 of numbers around 1.
    expect(Math.abs((values[i] as number) - value)).toBeLessThan(error);
  }
};
const described = trainCases.map((c) => [`${c.name}(${c.args})`, c] as const);

describe.each(backends)('on the backend %s', (backend) => {
  beforeAll(() => use(backend));

  test.each(described)('%s takes the steps of its formula, without a tensor more', (_, entry) => {
    const before = tf.memory().numTensors;
    const optimizer = ours(entry);
    const x = variable([1, 2]);
    const count = tf.memory().numTensors;
    const [first, second] = follow(entry, [1, 2], 2) as [number[], number[]];

    const cost = optimizer.minimize(() => squares(x), true) as tf.Scalar;
    expect(tf.memory().numTensors).toBe(count + 1); // the cost
    expect(cost.dataSync()[0]).toBeCloseTo(5, 5);
    close(x, first);
    cost.dispose();
    expect(optimizer.minimize(() => squares(x), false)).toBeNull();
    expect(tf.memory().numTensors).toBe(count);
    close(x, second);

    x.dispose();
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(described)('%s goes on from what another one saved', async (_, entry) => {
    const before = tf.memory().numTensors;
    const x = variable([1, 2]);
    const expected = follow(entry, [1, 2], 3);
    let last = ours(entry);
    for (const [i, values] of expected.entries()) {
      last.minimize(() => squares(x));
      close(x, values);
      expect(last.iterations).toBe(i + 1);
      const weights = await last.getWeights();
      expect(weights.map(({ name }) => name)).toEqual([
        'iter',
        ...entry.states.map((state) => `${x.name}/${state}`),
      ]);
      expect(weights[0]?.tensor.dataSync()[0]).toBe(i + 1);
      const next = ours(entry);
      await next.setWeights(weights);
      last.dispose(); // and the tensors with it: they were copied
      last = next;
    }
    last.dispose();
    x.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(described)('%s takes the path of tf.train', (_, entry) => {
    const isWrong = entry.args[4] === true; // it subtracts epsilon where it is centred
    const path = (optimizer: tf.Optimizer) => {
      const x = variable([1, 2, -3, 0.01]);
      for (let t = 0; t < 30; t++) optimizer.minimize(() => squares(x));
      const values = [...x.dataSync()];
      optimizer.dispose();
      x.dispose();
      return values;
    };
    const [own, other] = [path(ours(entry)), path(theirs(entry))];
    const distance = Math.max(...own.map((value, i) => Math.abs(value - (other[i] as number))));
    if (isWrong) expect(distance).not.toBeLessThan(1e-3);
    // TensorFlow.js takes powers of beta in float32: 1 - beta^t is wrong in its sixth digit.
    else expect(distance).toBeLessThan(2e-5);
  });
});

test.each(described)('%s survives its configuration', (_, entry) => {
  const optimizer = ours(entry);
  const Class =
    optimizer.constructor as unknown as tf.serialization.SerializableConstructor<tf.Optimizer>;
  const config = JSON.parse(JSON.stringify(optimizer.getConfig()));
  expect(Class.fromConfig(Class, config).getConfig()).toEqual(optimizer.getConfig());
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const registered = classNameMap[optimizer.getClassName()]?.[0];
  expect(registered).toBe(Class);
});

describe('what is minimized', () => {
  beforeAll(() => use('cpu'));
  const make = () => {
    const [x, bias, stray] = [variable([4]), variable([1]), variable([-1])];
    const f = () => tf.sum(tf.add(tf.square(x as tf.Tensor), bias as tf.Tensor)) as tf.Scalar;
    return { x, bias, stray, f, optimizer: train.sgd(0.1) };
  };

  test.each([
    { which: 'all variables', names: undefined, moves: [3.2, 0.9] },
    { which: 'the variables of a list', names: ['x', 'bias'] as const, moves: [3.2, 0.9] },
    { which: 'one variable of a list', names: ['x'] as const, moves: [3.2, 1] },
  ])('$which are updated, and no other', ({ names, moves }) => {
    const made = make();
    const list = names?.map((name) => made[name]);
    const cost = made.optimizer.minimize(made.f, true, list);
    expect(cost?.dataSync()[0]).toBe(17);
    close(made.x, moves.slice(0, 1));
    close(made.bias, moves.slice(1));
    expect(made.stray.dataSync()[0]).toBe(-1);
  });

  test('variables that are not trainable are left alone', () => {
    const { x, bias, f, optimizer } = make();
    x.trainable = false;
    optimizer.minimize(f);
    expect(x.dataSync()[0]).toBe(4);
    close(bias, [0.9]);
    expect(() => optimizer.minimize(f, false, [x])).toThrow();
  });

  test('an empty list and a loss that is no scalar are errors of TensorFlow.js', () => {
    const { x, f, optimizer } = make();
    expect(() => optimizer.minimize(f, true, [])).toThrow();
    expect(() => optimizer.minimize(() => tf.concat([x, x]) as unknown as tf.Scalar)).toThrow();
  });
});

test.each(optimizers)('$name is there, with its options', ({ name }) => {
  const optimizer = makerOf(name)({ learningRate: 0.5, weightDecay: 0.01 });
  expect(optimizer).toBeInstanceOf(tf.Optimizer);
  expect(optimizer).toMatchObject({ learningRate: 0.5, weightDecay: 0.01 });
  expect(Object.keys(optimizer.getConfig()).length).toBeGreaterThan(10);
});
