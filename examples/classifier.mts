import { nn, numpy as np } from '@jax-js/jax';
import { convolution } from './convolution.mts';
import type { Random } from './random.mts';
import { he } from './weights.mts';

/** Of the pictures of Fashion-MNIST, in pixels. */
export const SIDE = 28;
export const CLASSES = 10;

/** Two convolutions that halve the picture, and a dense layer. */
export const createClassifier = (random: Random) => ({
  conv1: { kernel: he(random, 5 * 5, 16), bias: np.zeros([16]) },
  conv2: { kernel: he(random, 3 * 3 * 16, 32), bias: np.zeros([32]) },
  dense: { kernel: he(random, 7 * 7 * 32, CLASSES), bias: np.zeros([CLASSES]) },
});
export type Classifier = ReturnType<typeof createClassifier>;

/** Of each class, [count, CLASSES], for images [count, SIDE, SIDE, 1]. */
export function scores({ conv1, conv2, dense }: Classifier, images: np.Array): np.Array {
  const first = nn.relu(convolution(images, conv1.kernel, 5).add(conv1.bias));
  const second = nn.relu(convolution(first, conv2.kernel, 3).add(conv2.bias));
  return np.dot(second.reshape([-1, 7 * 7 * 32]), dense.kernel).add(dense.bias);
}
