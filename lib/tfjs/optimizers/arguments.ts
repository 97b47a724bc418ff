import { backend } from '@tensorflow/tfjs-core';
import { failure, show } from '../../errors.js';

/** Whether an optimizer is given this package's options in the place of the arguments of tf.train. */
export function isOptions(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The learning rate, where tf.train has no default. */
export function required(learningRate: number): number {
  if (learningRate !== undefined && learningRate !== null) return learningRate;
  const expected = 'learningRate to be a number, or options';
  throw failure(TypeError, 'ERR_INVALID_OPTION', expected, show(learningRate));
}

/** The epsilon, by default that of the backend. */
export function epsilonOr(epsilon: number | null | undefined): number {
  return epsilon ?? backend().epsilon();
}
