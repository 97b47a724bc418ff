import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { train } from '../../lib/tfjs/index.js';
import type { NamedTensor } from '../../lib/tfjs/weights.js';
import { possible, type Storage } from '../storages.js';
import { extremes, optimizers, variants } from '../variants.js';
import { squares, use, variable } from './backends.js';
import { makerOf } from './train.js';

beforeAll(() => use('cpu'));

/** Gradients that differ from step to step, and from variable to variable. */
const gradients = (step: number, ...variables: tf.Variable[]): NamedTensor[] =>
  variables.map(({ name, size }, k) => ({
    name,
    tensor: tf.tensor1d(Array.from({ length: size }, (_, i) => Math.sin(1 + step + 5 * k + i))),
  }));

const values = (...variables: tf.Variable[]) => variables.map((x) => [...x.dataSync()]);

const make = {
  rmsprop: () => train.rmsprop({ learningRate: 0.1, momentum: 0.9 }),
  adam: () => train.adam(0.1),
};

describe.each(['rmsprop', 'adam'] as const)('the state of %s', (name) => {
  /** Where the variables are after so many steps with these gradients, in the order in which they are given. */
  const path = (given: (all: NamedTensor[], step: number) => NamedTensor[] | tf.NamedTensorMap) => {
    const optimizer = make[name]();
    const [x, y] = [variable([1, 2]), variable([3, 4, 5])];
    for (let t = 0; t < 6; t++) {
      optimizer.applyGradients(given(gradients(t, x as tf.Variable, y as tf.Variable), t));
    }
    return values(x as tf.Variable, y as tf.Variable);
  };
  const usual = () => path((all) => all);

  test('follows the variable, in whatever order its gradient is given', () => {
    expect(path((all, t) => (t % 2 ? [...all].reverse() : all))).toEqual(usual());
    expect(
      path((all) => Object.fromEntries(all.map((gradient) => [gradient.name, gradient.tensor]))),
    ).toEqual(usual());
  });

  test('does not change where there is no gradient, and begins when there is one', () => {
    const none = null as unknown as tf.Tensor;
    const late = path(([x, y], t) => [
      x as NamedTensor,
      { ...(y as NamedTensor), ...(t < 3 && { tensor: none }) },
    ]);
    const later = path(([x, y], t) =>
      t < 3 ? [x as NamedTensor] : [x as NamedTensor, y as NamedTensor],
    );
    expect(late).toEqual(later);
    expect(late[0]).toEqual(usual()[0]);

    // The second variable is where it would be if the optimizer had been made for it alone.
    const optimizer = make[name]();
    const [x, y] = [variable([0, 0]), variable([3, 4, 5])] as [tf.Variable, tf.Variable];
    for (let t = 3; t < 6; t++) optimizer.applyGradients(gradients(t, x, y).slice(1));
    expect(late[1]).toEqual(values(y)[0]);
  });

  test('is forgotten with its variable', () => {
    const optimizer = make[name]();
    const fresh = make[name]();
    const x = variable([1, 2]);
    const [old, ...others] = [variable([1], `${name}-a`), variable([7]), variable([7])] as const;
    optimizer.applyGradients(gradients(0, x, old, others[0]));
    fresh.applyGradients(gradients(0, x, old, others[1]).slice(2));
    old.dispose();
    const again = variable([1, 2, 3], `${name}-a`);
    const other = variable([1, 2, 3]);
    optimizer.applyGradients(gradients(1, again, others[0]));
    fresh.applyGradients(gradients(1, other, others[1]));
    expect(values(again, others[0])).toEqual(values(other, others[1]));
  });

  test.each([
    { how: 'of the same name', rename: (weight: string) => weight },
    { how: 'with a number that tfjs-layers appends', rename: (w: string) => w.replace('/', '_1/') },
  ])('finds variables $how, in whatever order, seen or not yet', async ({ rename }) => {
    const before = make[name]();
    const [x, y] = [variable([1, 2], `${name}.${rename.length}x`), variable([3], `${name}.y`)];
    const variables = [x as tf.Variable, y as tf.Variable] as const;
    const straight = make[name]();
    const [u, v] = [variable([1, 2]), variable([3])] as [tf.Variable, tf.Variable];
    before.applyGradients(gradients(0, ...variables));
    straight.applyGradients(gradients(0, u, v));

    const after = make[name]();
    const weights = await before.getWeights();
    const [iterations, ...states] = weights.map((w) => ({ ...w, name: rename(w.name) }));
    await after.setWeights([iterations as NamedTensor, ...states.reverse()]);
    before.dispose();
    after.applyGradients(gradients(1, ...variables).slice(0, 1));
    straight.applyGradients(gradients(1, u, v).slice(0, 1));
    // The state of what was not seen is still there to be saved.
    const saved = await after.getWeights();
    expect(saved.length).toBe(weights.length + 1); // and that it was not updated
    after.applyGradients(gradients(2, ...variables));
    straight.applyGradients(gradients(2, u, v));
    expect(values(...variables)).toEqual(values(u, v));
    for (const each of variables) each.dispose();
  });

  test('of other variables is an error, and changes nothing', async () => {
    const before = make[name]();
    before.applyGradients(gradients(0, variable([1, 2])));
    const x = variable([3, 4], `${name}-unknown`);
    const after = make[name]();
    await after.setWeights(await before.getWeights());
    expect(() => after.minimize(() => squares(x), false, [x])).toThrow(
      expect.objectContaining({ code: 'ERR_STATE_MISMATCH' }),
    );
    expect(values(x)).toEqual([[3, 4]]);
    expect(after.iterations).toBe(1);
  });
});

const around = { clipGlobalNorm: 0.5, accumulationSteps: 2, averageDecay: 0.9, weightDecay: 0.01 };
const stateTypes = ['float32', 'bfloat16', 'uint8'] as const;
const measured = [
  { name: 'RMSprop', stateType: 'float32', options: { relativeCap: true } },
  // Its distance grows from the second update on.
  { name: 'ProdigyRMSprop', stateType: 'float32', options: { accumulationSteps: 1 } },
];
const saved = optimizers.flatMap(({ rule, name }) =>
  stateTypes.flatMap((stateType) => {
    const can = (variant: object) => possible({ ...variant }, { stateType } as Storage);
    const some = variants(rule).some(can) ? extremes(rule, can) : [];
    return some.map((options) => ({ name, stateType, options }));
  }),
);

test.each([...saved, ...measured])(
  '$name with states of type $stateType goes on bit for bit: $options',
  async (one) => {
    const { name, options, stateType } = one;
    const create = (): tf.Optimizer => makerOf(name)({ ...around, ...options, stateType });
    const start = Array.from({ length: 300 }, (_, i) => Math.cos(i));
    const [x, y] = [variable(start), variable(start)] as [tf.Variable, tf.Variable];
    const straight = create();
    for (let t = 0; t < 7; t++) straight.applyGradients(gradients(t, x));

    let stopped = create();
    for (let t = 0; t < 7; t++) {
      if (t === 3) {
        const weights = await stopped.getWeights();
        const config = JSON.parse(JSON.stringify(stopped.getConfig()));
        const Class = stopped.constructor as tf.serialization.SerializableConstructor<tf.Optimizer>;
        stopped = Class.fromConfig(Class, config);
        await stopped.setWeights(weights);
      }
      stopped.applyGradients(gradients(t, y));
    }
    expect(values(y)).toEqual(values(x));
    expect(stopped.iterations).toBe(7);
  },
);
