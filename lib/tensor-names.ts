import { failure, show } from './errors.js';
import type { ParsedParams } from './params.js';

/** What a name stands for that several tensors have. */
const AMBIGUOUS = -1;

/** So many names stand in an error. */
const SHOWN = 8;

/** The numbers of tensors by what a caller may call them. */
export class TensorNames {
  readonly #numberOf = new Map<unknown, number>();

  constructor({ groups, grouped }: ParsedParams) {
    let i = 0;
    for (const [g, { parameters, shape }] of groups.entries()) {
      for (const [k, { name }] of parameters.entries()) {
        this.#add(name, i);
        if (shape !== 'record') this.#add(k, i);
        if (grouped) this.#add(`${g}/${name}`, i);
        i++;
      }
    }
  }

  #add(name: string | number, i: number) {
    this.#numberOf.set(name, this.#numberOf.has(name) ? AMBIGUOUS : i);
  }

  /**
   * The number of the tensor that has this name.
   *
   * @throws RangeError ERR_TENSOR_NAME
   */
  find(name: unknown): number {
    const i = this.#numberOf.get(name);
    if (i !== undefined && i !== AMBIGUOUS) return i;
    const expected = 'the name of a tensor, with the number of its group where several have it';
    const names = this.#some().map(show).join(', ');
    const several = i === AMBIGUOUS ? ', which several have' : '';
    throw failure(
      RangeError,
      'ERR_TENSOR_NAME',
      `${expected}, such as ${names}`,
      `${show(name)}${several}`,
    );
  }

  /** Of the first tensors the name that no other has. */
  #some(): string[] {
    const names = new Map<number, string>();
    for (const [name, i] of this.#numberOf) {
      if (names.size === SHOWN) break;
      if (typeof name === 'string' && i !== AMBIGUOUS && !names.has(i)) names.set(i, name);
    }
    return [...names.values()];
  }
}
