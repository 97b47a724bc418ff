import { grad, jit, numpy as np, tree } from '@jax-js/jax';
import { describe, expect, test } from 'vitest';
import { RMSprop, SGD } from '../../lib/index.js';
import { wrap } from '../../lib/jax/index.mjs';
import { bitsOf } from '../bits.js';

/** Two layers in a list, as they stand in jax-js, and their numbers under the names of the optimizer. */
function network() {
  const layers = [
    { weights: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)), bias: [0.5, -0.5, 0, 1] },
    { weights: Float32Array.from({ length: 4 }, (_, i) => Math.cos(i)), bias: [0.25] },
  ];
  const params = {
    layers: layers.map(({ weights, bias }) => ({
      weights: np.array(weights, { shape: [weights.length / bias.length, bias.length] }),
      bias: np.array(Float32Array.from(bias)),
    })),
    scale: np.array(Float32Array.of(0.75), { shape: [] }),
  };
  const numbers: Record<string, Float32Array> = { scale: Float32Array.of(0.75) };
  for (const [i, { weights, bias }] of layers.entries()) {
    numbers[`layers.${i}.weights`] = weights.slice();
    numbers[`layers.${i}.bias`] = Float32Array.from(bias);
  }
  return { params, numbers };
}
type Params = ReturnType<typeof network>['params'];

const gradientsOf = jit(
  grad((p: Params, x: np.Array) => {
    const [first, second] = p.layers as [Params['layers'][0], Params['layers'][0]];
    const hidden = np.tanh(np.dot(x, first.weights).add(first.bias));
    return np.dot(hidden, second.weights).add(second.bias).mul(p.scale).sum();
  }),
);
const input = () => np.array(Float32Array.of(1, -2, 0.5, 3, 0.1, -1), { shape: [2, 3] });

/** The numbers of a tree by path; the tree is used up. */
function read(params: Params): Record<string, Float32Array> {
  const numbers: Record<string, Float32Array> = { scale: params.scale.dataSync() as Float32Array };
  for (const [i, layer] of params.layers.entries()) {
    numbers[`layers.${i}.weights`] = layer.weights.dataSync() as Float32Array;
    numbers[`layers.${i}.bias`] = layer.bias.dataSync() as Float32Array;
  }
  return numbers;
}

const bits = (numbers: Record<string, Float32Array>) =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, values]) => [name, bitsOf(values).join()]),
  );

const options = { learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 };

describe('a wrapped tree', () => {
  test.each([
    ['step', (training: { step(g: Params): Params }, g: Params) => training.step(g)],
    [
      'stepAsync',
      (training: { stepAsync(g: Params): Promise<Params> }, g: Params) => training.stepAsync(g),
    ],
  ] as const)('%s: has the bits of the optimizer on the same numbers', async (_, step) => {
    const { params: given, numbers } = network();
    const training = wrap(given, RMSprop, options);
    const alone = new RMSprop(numbers, options);
    let params = training.params();
    for (let t = 0; t < 5; t++) {
      const gradients = gradientsOf(tree.ref(params), input());
      alone.step(read(tree.ref(gradients)));
      tree.dispose(params);
      params = await step(training as never, gradients);
      expect(bits(read(tree.ref(params)))).toEqual(bits(numbers));
    }
    expect(params.layers[0]?.weights.shape).toEqual([3, 4]);
    expect(params.scale.shape).toEqual([]);
  });

  test('counts references: what is given stays, gradients are used up, what comes back is new', () => {
    const { params: given } = network();
    const training = wrap(given, SGD, { learningRate: 0.1 });
    expect(tree.leaves<np.Array>(given as never).map(({ refCount }) => refCount)).toEqual(
      Array(5).fill(1),
    );
    const next = training.step(network().params);
    expect(tree.leaves<np.Array>(next as never).map(({ refCount }) => refCount)).toEqual(
      Array(5).fill(1),
    );

    const used = network().params;
    training.step(used);
    expect(() => used.scale.dataSync()).toThrow();
  });

  test('a checkpoint in the memory is in the next arrays', () => {
    const training = wrap(network().params, SGD);
    training.memory['layers.1.bias']?.fill(7);
    expect(read(training.params())['layers.1.bias']).toEqual(Float32Array.of(7));
  });

  test('knows its arrays by path', () => {
    const { optimizer } = wrap(network().params, RMSprop);
    expect(optimizer.groups[0]?.params).toEqual([
      'layers.0.weights',
      'layers.0.bias',
      'layers.1.weights',
      'layers.1.bias',
      'scale',
    ]);
    const single = wrap(np.array(Float32Array.of(1, 2)), RMSprop);
    expect(single.optimizer.groups[0]?.params).toEqual(['params']);
    expect([...(single.step(np.array(Float32Array.of(1, 0))).dataSync() as Float32Array)]).toEqual([
      ...(single.memory.params as Float32Array),
    ]);
  });
});

describe('what does not fit is an error, and changes nothing', () => {
  const vector = (...numbers: number[]) => np.array(Float32Array.from(numbers));
  const whole = () => np.array(Int32Array.of(1, 2));

  test.each([
    ['integers', () => ({ w: whole() }), 'ERR_TENSOR_TYPE'],
    ['a path twice', () => ({ 'a.b': vector(1), a: { b: vector(1) } }), 'ERR_INVALID_PARAMS'],
    ['what is no array', () => ({ w: 3 }), 'ERR_TENSOR_TYPE'],
  ])('params: %s', (_, params, code) => {
    expect(() => wrap(params() as never, RMSprop)).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    ['another tree', () => ({ v: vector(1, 2) }), 'ERR_GRADIENT_NAMES'],
    ['fewer arrays', () => ({}), 'ERR_GRADIENT_NAMES'],
    ['another shape', () => ({ w: vector(1, 2, 3) }), 'ERR_TENSOR_LENGTH'],
    ['another type', () => ({ w: whole() }), 'ERR_TENSOR_TYPE'],
    ['what is no array', () => ({ w: 3 }), 'ERR_TENSOR_TYPE'],
    [
      'a gradient that is not finite',
      () => ({ w: vector(1, Number.NaN) }),
      'ERR_GRADIENT_NOT_FINITE',
    ],
  ])('gradients: %s', async (_, gradients, code) => {
    const training = wrap({ w: vector(1, 2) }, RMSprop, { onNonFinite: 'throw' });
    const given = gradients();
    expect(() => training.step(given as never)).toThrow(expect.objectContaining({ code }));
    await expect(training.stepAsync(given as never)).rejects.toMatchObject({ code });
    expect([...(training.memory.w as Float32Array)]).toEqual([1, 2]);
    for (const array of tree.leaves<np.Array>(given as never)) array.dispose?.();
  });
});
