import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-layers'; // brings the gradients of operations
import * as tf from '@tensorflow/tfjs-core';

tf.env().set('PROD', true); // no advice to install another backend

/** Backends whose memory the kernel works in. */
export const backends = ['cpu', 'wasm'] as const;

export async function use(backend: string) {
  await tf.setBackend(backend);
  await tf.ready();
}

/** A variable, without the tensor that it starts from. */
export function variable(values: number[], name?: string): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor1d(values), true, name));
}

/** |x|^2 */
export const squares = (x: tf.Tensor) => tf.sum(tf.square(x)) as tf.Scalar;
