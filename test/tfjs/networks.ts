import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';

const { dense, lstm } = layers.layers;
const initializer = (seed: number) => layers.initializers.glorotNormal({ seed });

/** Networks that every backend can train, with the same weights whenever they are made. */
export const networks = {
  dense() {
    const [first, second] = [initializer(1), initializer(2)];
    return layers.sequential({
      layers: [
        dense({ units: 16, inputShape: [8], activation: 'relu', kernelInitializer: first }),
        dense({ units: 3, activation: 'softmax', kernelInitializer: second }),
      ],
    });
  },
  lstm() {
    const [first, second, third] = [initializer(1), initializer(2), initializer(3)];
    return layers.sequential({
      layers: [
        lstm({
          units: 8,
          inputShape: [4, 2],
          kernelInitializer: first,
          recurrentInitializer: second,
        }),
        dense({ units: 3, activation: 'softmax', kernelInitializer: third }),
      ],
    });
  },
};
export type Network = keyof typeof networks;

/** Inputs of a network, and classes that follow from them. */
export function data(network: Network) {
  const count = 24;
  const inputs = Array.from({ length: count * 8 }, (_, i) => Math.sin(i * i));
  const classes = Array.from({ length: count }, (_, k) => {
    const sum = inputs.slice(8 * k, 8 * k + 8).reduce((a, b) => a + b);
    return sum < -0.5 ? 0 : sum < 0.5 ? 1 : 2;
  });
  const shape = network === 'lstm' ? [count, 4, 2] : [count, 8];
  const ys = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(classes, 'int32'), 3), 'float32'));
  return { xs: tf.tensor(inputs, shape), ys };
}

/** Trains, one batch an epoch, and returns the losses. */
export async function trainModel(model: layers.LayersModel, network: Network, epochs: number) {
  const { xs, ys } = data(network);
  const options = { epochs, batchSize: 24, shuffle: false, verbose: 0 as const };
  const { history } = await model.fit(xs, ys, options);
  tf.dispose([xs, ys]);
  return history.loss as number[];
}

export function compile(model: layers.LayersModel, optimizer: tf.Optimizer) {
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  return model;
}

/** The weights of a model as one list of numbers. */
export const weightsOf = (model: layers.LayersModel) =>
  model.getWeights().flatMap((weights) => [...weights.dataSync()]);

/** What a file of a model holds. */
export async function artifactsOf(model: layers.LayersModel): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts = {};
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    saved = artifacts;
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  });
  await model.save(handler, { includeOptimizer: true });
  return saved;
}

export function load(artifacts: tf.io.ModelArtifacts) {
  return layers.loadLayersModel(tf.io.fromMemory(artifacts));
}
