import type { Values } from './hyperparameters.js';
import type { Parameter } from './params.js';
import type { GroupRange } from './saved-state.js';

/** Tensors of one group that are updated alike: their numbers, and the options that hold for them. */
export interface Part {
  readonly values: Values<object>;
  readonly tensors: Int32Array;
}

/** One group as a step sees it. It never changes: other options make another one. */
export class StepGroup implements GroupRange {
  readonly path: string;
  readonly values: Values<object>;
  readonly first: number;
  readonly end: number;
  readonly parts: readonly Part[];
  readonly #parameters: readonly Parameter[];

  constructor(
    path: string,
    values: Values<object>,
    parameters: readonly Parameter[],
    first: number,
    before?: StepGroup,
  ) {
    this.path = path;
    this.values = values;
    this.first = first;
    this.end = first + parameters.length;
    this.#parameters = parameters;
    const tensors = before?.parts[0]?.tensors ?? Int32Array.from(parameters, (_, i) => first + i);
    this.parts = [{ values, tensors }];
  }

  /** The same group with other options. */
  with(values: Values<object>): StepGroup {
    return new StepGroup(this.path, values, this.#parameters, this.first, this);
  }
}
