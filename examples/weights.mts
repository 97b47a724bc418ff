import { numpy as np } from '@jax-js/jax';
import type { Random } from './random.mts';

/** Weights [inputs, outputs] from uniform numbers, of a variance of 1 / (3 inputs) by default. */
export function uniform(
  random: Random,
  inputs: number,
  outputs: number,
  bound = 1 / Math.sqrt(inputs),
): np.Array {
  return np.array(random.weights(inputs * outputs, bound), { shape: [inputs, outputs] });
}

/** For layers of rectified units: K. He and others, arXiv:1502.01852. */
export function he(random: Random, inputs: number, outputs: number): np.Array {
  return uniform(random, inputs, outputs, Math.sqrt(6 / inputs));
}
