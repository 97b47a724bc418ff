import { numpy as np } from '@jax-js/jax';
import { makeArithmeticPortable } from '../../examples/portable.mts';
import type { Tensors } from './task.mts';

makeArithmeticPortable();

export type Arrays = Record<string, np.Array>;

/** Values of a parameter, and its shape. */
export interface Shaped {
  readonly values: Float32Array;
  readonly shape: number[];
}

/** What a bias begins as. */
export const zeros = (length: number): Shaped => ({
  values: new Float32Array(length),
  shape: [length],
});

/** A loss of parameters and data, and its gradients by jax-js. The parameters live in Float32Arrays. */
export class Differentiable {
  readonly parameters: Tensors;

  /**
   * @param lossAndGradients of parameters and data, compiled once for all models: `jit(valueAndGrad(loss))`
   * @param evaluate the same without gradients
   */
  constructor(
    private readonly shaped: Record<string, Shaped>,
    private readonly lossAndGradients: (p: Arrays, ...data: np.Array[]) => [np.Array, Arrays],
    private readonly evaluate: (p: Arrays, ...data: np.Array[]) => np.Array,
  ) {
    this.parameters = Object.fromEntries(
      Object.entries(shaped).map(([name, { values }]) => [name, values]),
    );
  }

  gradients(...data: np.Array[]): Tensors {
    const [loss, gradients] = this.lossAndGradients(this.#arrays(), ...data);
    loss.dispose();
    const read = ([name, array]: [string, np.Array]) => [name, array.dataSync() as Float32Array];
    return Object.fromEntries(Object.entries(gradients).map(read));
  }

  loss(...data: np.Array[]): number {
    return this.evaluate(this.#arrays(), ...data).dataSync()[0];
  }

  #arrays(): Arrays {
    return Object.fromEntries(
      Object.entries(this.shaped).map(([name, { values, shape }]) => [
        name,
        np.array(values, { shape }),
      ]),
    );
  }
}
