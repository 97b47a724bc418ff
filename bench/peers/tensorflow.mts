import { createRequire } from 'node:module';
import type { RuleKey } from '../contenders.mts';
import { local } from '../measure.mts';
import type { Tensors } from '../tensors.mts';
import type { Guest, Missing, Peer } from './peer.mts';

/** As much of `@tensorflow/tfjs` as is used here; its own types are not there unless it is installed. */
interface TensorFlow {
  readonly version_core: string;
  readonly train: {
    rmsprop(
      rate: number,
      decay: number,
      momentum: number,
      epsilon: number,
      centered: boolean,
    ): Rule;
    adam(rate: number): Rule;
    momentum(rate: number, momentum: number): Rule;
  };
  enableProdMode(): void;
  setBackend(name: string): Promise<boolean>;
  tensor1d(values: Float32Array): Tensor;
  variable(initial: Tensor, trainable: boolean, name: string): Tensor;
}

interface Tensor {
  dispose(): void;
}

interface Rule extends Tensor {
  applyGradients(gradients: Record<string, Tensor>): void;
}

const rules: { [rule in RuleKey]?: (tf: TensorFlow) => Rule } = {
  rmsprop: (tf) => tf.train.rmsprop(0.001, 0.9, 0, 1e-7, false),
  'rmsprop-full': (tf) => tf.train.rmsprop(0.001, 0.9, 0.9, 1e-7, true),
  'sgd-momentum': (tf) => tf.train.momentum(0.001, 0.9),
  adam: (tf) => tf.train.adam(0.001),
};

const backends = {
  cpu: {
    name: 'TensorFlow.js cpu',
    module: '@tensorflow/tfjs',
    // A step of more takes seconds, and its time per parameter does not change any more.
    most: 2 ** 20,
  },
  wasm: {
    name: 'TensorFlow.js wasm',
    module: '@tensorflow/tfjs-backend-wasm',
    most: 2 ** 28,
  },
};

/** TensorFlow.js with one of its backends for Node, if it is installed here or on NODE_PATH. */
export async function openTensorFlow(backend: 'cpu' | 'wasm'): Promise<Peer | Missing> {
  const { name, module, most } = backends[backend];
  const key = `tfjs-${backend}`;
  const require = createRequire(import.meta.url);
  let tf: TensorFlow;
  try {
    tf = require('@tensorflow/tfjs');
    tf.enableProdMode(); // no advice on the console, no checks of values
    require(module);
    if (!(await tf.setBackend(backend))) throw new Error(`The backend ${backend} does not start`);
  } catch {
    const missing = 'npm install --no-save @tensorflow/tfjs @tensorflow/tfjs-backend-wasm';
    return { key, name, missing };
  }
  return {
    key,
    name,
    version: tf.version_core,
    async prepare(rule, tensors, threads) {
      const create = rules[rule];
      if (threads > 1) return 'has one thread';
      if (create === undefined) return 'has no such rule';
      if (tensors.shape.count * tensors.shape.length > most) return 'a step would take seconds';
      await tf.setBackend(backend);
      return prepareGuest(tf, backend, create(tf), tensors);
    },
  };
}

function prepareGuest(tf: TensorFlow, backend: string, rule: Rule, tensors: Tensors): Guest {
  const variables: Tensor[] = [];
  const gradients: Record<string, Tensor> = {};
  for (const [i, values] of tensors.parameters.entries()) {
    const initial = tf.tensor1d(values.slice());
    variables.push(tf.variable(initial, true, `${backend}${i}`));
    initial.dispose();
    gradients[`${backend}${i}`] = tf.tensor1d(tensors.gradients[i].slice());
  }
  const guest = local(() => rule.applyGradients(gradients));
  return {
    async time(calls) {
      await tf.setBackend(backend);
      return guest.time(calls);
    },
    release() {
      for (const tensor of [...variables, ...Object.values(gradients), rule]) tensor.dispose();
    },
  };
}
