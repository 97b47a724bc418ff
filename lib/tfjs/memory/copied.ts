import { type Tensor, tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { BackendMemory } from './memory.js';

interface Copy {
  readonly values: Float32Array;
  /** Of the numbers that the copy is one of. */
  dataId: object;
}

/** Any backend, by what all have: parameters are copied out when something else has changed them, and in after each step. */
export class CopiedMemory implements BackendMemory {
  readonly #copies = new WeakMap<Variable, Copy>();

  own(variable: Variable) {
    const { dataId } = variable;
    const copy = this.#copies.get(variable);
    if (copy?.dataId === dataId) return;
    const values = Float32Array.from(variable.dataSync());
    this.#copies.set(variable, { values, dataId });
  }

  parameter(variable: Variable): Float32Array {
    return (this.#copies.get(variable) as Copy).values;
  }

  gradient(gradient: Tensor): Float32Array {
    return gradient.dataSync<'float32'>();
  }

  written(variable: Variable) {
    const copy = this.#copies.get(variable) as Copy;
    // The backend may keep the array that it is given.
    tidy(() => variable.assign(tensor(copy.values.slice(), variable.shape)));
    copy.dataId = variable.dataId;
  }
}
