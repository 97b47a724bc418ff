import { DataStorage, type Tensor, tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { BackendMemory } from './memory.js';

interface Data {
  values: unknown;
  readonly refCount: number;
}

type Storage = Pick<DataStorage<Data>, 'get'>;

/** The backend `cpu`: its numbers are typed arrays of JavaScript. */
export class CpuMemory implements BackendMemory {
  readonly #data: Storage;
  /** The arrays that were made here. A tensor can be made of an array of the user's, which is not to be written to. */
  readonly #own = new WeakSet<object>();

  constructor(data: Storage) {
    this.#data = data;
  }

  /** Undefined for any other backend. */
  static of(backend: object): CpuMemory | undefined {
    const { data } = backend as { data?: unknown };
    return data instanceof DataStorage ? new CpuMemory(data) : undefined;
  }

  own(variable: Variable) {
    const data = this.#data.get(variable.dataId);
    if (data.refCount === 1 && this.#own.has(data.values as object)) return;
    const copy = Float32Array.from(data.values as Float32Array);
    this.#own.add(copy);
    if (data.refCount === 1) data.values = copy;
    else tidy(() => variable.assign(tensor(copy, variable.shape)));
  }

  parameter(variable: Variable): Float32Array {
    return this.#data.get(variable.dataId).values as Float32Array;
  }

  gradient({ dataId }: Tensor): Float32Array {
    return this.#data.get(dataId).values as Float32Array;
  }

  written() {}
}
