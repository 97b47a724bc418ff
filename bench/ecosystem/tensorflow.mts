import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { train } from 'rmsprop/tfjs';
import { type Contestant, local } from '../measure.mts';
import { type Library, type Network, networks, type Rule, type Whose } from './library.mts';

const { dense, lstm } = layers.layers;

const models: Record<Network, () => layers.Sequential> = {
  mlp: () =>
    layers.sequential({
      layers: [dense({ units: 256, inputShape: [784], activation: 'relu' }), dense({ units: 10 })],
    }),
  lstm: () =>
    layers.sequential({
      layers: [
        // The initializer that is the default, orthogonal, does not run on wasm.
        lstm({ units: 64, inputShape: [28, 28], recurrentInitializer: 'glorotNormal' }),
        dense({ units: 10 }),
      ],
    }),
};

const optimizers: Record<Whose, Record<Rule, () => tf.Optimizer>> = {
  own: { rmsprop: () => tf.train.rmsprop(0.001), adam: () => tf.train.adam(0.001) },
  ours: { rmsprop: () => train.rmsprop(0.001), adam: () => train.adam(0.001) },
};

/** TensorFlow.js on one of its backends for Node. */
export function tensorflow(backend: 'cpu' | 'wasm'): Library {
  const on = ({ time }: Contestant): Contestant => ({
    async time(calls) {
      await tf.setBackend(backend);
      return time(calls);
    },
  });
  return {
    key: `tfjs-${backend}`,
    name: `TensorFlow.js ${tf.version_core} ${backend}`,
    async prepare(network, rule, whose) {
      tf.enableProdMode(); // no advice on the console, no checks of values
      await tf.setBackend(backend);
      const { batch } = networks[network];
      const model = models[network]();
      const xs = tf.randomNormal(network === 'mlp' ? [batch, 784] : [batch, 28, 28]);
      const classes = tf.tensor1d(
        Array.from({ length: batch }, (_, i) => i % 10),
        'int32',
      );
      const ys = tf.oneHot(classes, 10);
      const optimizer = optimizers[whose][rule]();
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const loss = () => {
        const logits = model.apply(xs, { training: true }) as tf.Tensor;
        return tf.losses.softmaxCrossEntropy(ys, logits) as tf.Scalar;
      };
      const { value, grads } = optimizer.computeGradients(loss, variables);
      return {
        parameters: model.countParams(),
        step: on(local(() => optimizer.applyGradients(grads))),
        whole: on(local(() => void optimizer.minimize(loss, false, variables))),
        release() {
          tf.dispose([xs, classes, ys, value, grads]);
          model.dispose();
          optimizer.dispose();
        },
      };
    },
  };
}
