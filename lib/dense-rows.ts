import { boolean, readOptions, type Specification } from './hyperparameters.js';
import type { Parameter } from './params.js';
import { type RowNumbers, sumRows } from './sparse-rows.js';
import { allocate } from './state.js';
import { likeTensor, type MemoryArray, memoryOf, memoryTypes, type Tensor } from './tensor.js';
import { encode } from './types/codecs.js';

/** What a step of some rows does to the rest of the tensor. */
export interface RowsOptions {
  /**
   * Whether rows that are not given get a gradient of zeros, as all of them do in Keras 3 and optax: averages decay, momentum
   * and weight decay move them. Takes the time of the whole tensor, and keeps memory for a gradient of it. Default: false.
   */
  dense?: boolean | undefined;
}

const specification: Specification<RowsOptions> = { dense: boolean(false) };

export function isDense(options: unknown): boolean {
  return readOptions(specification, options, 'options').dense;
}

/** Gradients of whole tensors, of which some rows are not 0. */
export class DenseGradients {
  /** All zeros between the calls. */
  readonly #memory = new Map<number, Tensor>();

  /**
   * Calls `use` with the gradient that these rows of tensor i are of: those of the same row added up, and rounded to the nearest
   * of the parameter's type.
   */
  use<T>(
    i: number,
    parameter: Parameter,
    given: RowNumbers,
    gradients: Tensor,
    use: (gradient: Tensor) => T,
  ): T {
    const whole = this.#of(i, parameter);
    const { rows, gradient } = sumRows(given, gradients, parameter);
    const isSum = gradient !== gradients;
    const { type } = parameter;
    const numbers = isSum ? (gradient as MemoryArray) : memoryOf(gradient, type);
    const width = rows.length === 0 ? 0 : numbers.length / rows.length;
    const placeOf = (row: number) => whole.subarray(row * width, (row + 1) * width);
    for (const [k, row] of rows.entries()) {
      const own = numbers.subarray(k * width, (k + 1) * width);
      if (isSum) encode(own, placeOf(row), type);
      else memoryOf(placeOf(row), type).set(own);
    }
    try {
      return use(whole);
    } finally {
      for (const row of rows) placeOf(row).fill(0);
    }
  }

  #of(i: number, { tensor, type, length }: Parameter): Tensor {
    const kept = this.#memory.get(i);
    if (kept) return kept;
    const bytes = length * memoryTypes[type].View.BYTES_PER_ELEMENT;
    const whole = likeTensor(tensor, type, allocate(bytes, 'a gradient of all rows'));
    this.#memory.set(i, whole);
    return whole;
  }
}
