import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { train } from '../../lib/tfjs/index.js';
import { currentMemory } from '../../lib/tfjs/memory/choose.js';
import { CopiedMemory } from '../../lib/tfjs/memory/copied.js';
import { CpuMemory } from '../../lib/tfjs/memory/cpu.js';
import { WasmMemory } from '../../lib/tfjs/memory/wasm.js';
import { squares, use, variable } from './backends.js';

const backends = [
  { backend: 'cpu', Memory: CpuMemory },
  { backend: 'wasm', Memory: WasmMemory },
  { backend: 'closed', Memory: CopiedMemory },
];

describe.each(backends)('on the backend $backend', ({ backend, Memory }) => {
  beforeAll(() => use(backend));
  const step = (optimizer: tf.Optimizer, ...variables: tf.Variable[]) => {
    const sum = () => variables.map(squares).reduce((a, b) => tf.add(a, b)) as tf.Scalar;
    optimizer.minimize(sum, false, variables);
  };
  const numbers = (x: tf.Tensor) => [...x.dataSync()];

  test('the kernel works in its memory', () => {
    expect(currentMemory()).toBeInstanceOf(Memory);
  });

  test('no tensor is left over, and the numbers stay where they are', () => {
    const optimizer = train.sgd(0.25);
    const x = variable([1, 2]);
    step(optimizer, x);
    const { dataId } = x;
    const before = tf.memory();
    for (let t = 0; t < 10; t++) step(optimizer, x);
    expect(tf.memory()).toMatchObject({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
      numBytes: before.numBytes,
    });
    expect(x.dataId === dataId).toBe(backend !== 'closed');
  });

  test('clones, and what a variable was made of, keep their numbers', () => {
    const array = Float32Array.of(1, 2);
    const tensor = tf.tensor1d(array);
    const optimizer = train.sgd(0.25);
    const [x, y] = [tf.variable(tensor), tf.tidy(() => tf.variable(tf.tensor1d(array)))];
    step(optimizer, x, y);
    const [clone, reshaped] = [tf.clone(x), tf.reshape(x, [2, 1])];
    step(optimizer, x, y);
    expect([numbers(tensor), numbers(clone), numbers(reshaped), [...array]]).toEqual([
      [1, 2],
      [0.5, 1],
      [0.5, 1],
      [1, 2],
    ]);
    step(optimizer, x, y);
    expect([numbers(x), numbers(y)]).toEqual([
      [0.125, 0.25],
      [0.125, 0.25],
    ]);
    expect(numbers(clone)).toEqual([0.5, 1]);
  });

  test('what is assigned to a variable is taken over, and its state stays', () => {
    const optimizer = train.momentum(0.25, 0.5);
    const x = variable([1, 2]);
    step(optimizer, x); // the buffer is 2, 4
    const ones = tf.ones([2]);
    x.assign(ones);
    step(optimizer, x); // the buffer is 3, 4
    expect(numbers(x)).toEqual([0.25, 0]);
    expect(numbers(ones)).toEqual([1, 1]);
  });

  test('a variable can be the gradient of another one, and of itself', () => {
    const optimizer = train.sgd(0.5);
    const [x, y] = [variable([1, 2]), variable([3, 5])];
    optimizer.applyGradients([
      { name: x.name, tensor: y },
      { name: y.name, tensor: y },
    ]);
    expect([numbers(x), numbers(y)]).toEqual([
      [-0.5, -0.5],
      [1.5, 2.5],
    ]);
  });

  test('two variables with the same numbers part', () => {
    const optimizer = train.sgd(0.5);
    const [x, y] = [variable([1, 2]), variable([0, 0])];
    y.assign(x);
    optimizer.applyGradients([{ name: x.name, tensor: tf.tensor1d([1, 1]) }]);
    expect([numbers(x), numbers(y)]).toEqual([
      [0.5, 1.5],
      [1, 2],
    ]);
  });

  test('scalars and variables without numbers are variables', () => {
    const optimizer = train.sgd(0.25);
    const [scalar, empty] = [tf.variable(tf.scalar(4)), tf.variable(tf.zeros([0, 3]))];
    step(optimizer, scalar, empty);
    expect(numbers(scalar)).toEqual([2]);
  });

  test('what getWeights gave is disposed of in the end', async () => {
    const x = variable([1, 2]);
    const before = tf.memory().numTensors;
    const optimizer = train.adam(0.1);
    for (let t = 0; t < 3; t++) {
      step(optimizer, x);
      await optimizer.getWeights();
      expect(tf.memory().numTensors).toBe(before + 3);
    }
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('a variable goes with its state from backend to backend', async () => {
  const optimizer = train.momentum(0.25, 0.5);
  await use('cpu');
  const x = variable([1]);
  let [value, buffer] = [1, 0];
  for (const backend of ['cpu', 'wasm', 'closed', 'cpu', 'closed', 'wasm']) {
    await use(backend);
    for (let t = 0; t < 2; t++) {
      optimizer.minimize(() => squares(x), false, [x]);
      buffer = 0.5 * buffer + 2 * value;
      value -= 0.25 * buffer;
    }
    expect(x.dataSync()[0]).toBe(value);
  }
});

test('steps go on when the memory of wasm has moved', async () => {
  await use('wasm');
  const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  const optimizer = train.momentum(0.25, 0.5);
  const x = variable([1]);
  const unused = variable([7]);
  const minimize = () => optimizer.minimize(() => squares(x), false, [x]);
  optimizer.applyGradients([{ name: unused.name, tensor: tf.tensor1d([0]) }]);
  minimize();
  const { buffer } = wasm.HEAPU8;
  const large = tf.zeros([wasm.HEAPU8.length / 4]);
  expect(wasm.HEAPU8.buffer).not.toBe(buffer);
  minimize();
  expect([...x.dataSync()]).toEqual([0.5 - 0.25 * 2]);
  large.dispose();
});
