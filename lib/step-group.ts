import { type Values, valuesWith } from './hyperparameters.js';
import type { Parameter } from './params.js';
import { capOf } from './relative-cap.js';
import type { GroupRange } from './saved-state.js';
import { type SelectionOptions, select } from './selection.js';
import type { DataType } from './tensor.js';

/** Tensors of one group that are updated alike: their numbers, and the options that hold for them. */
export interface Part {
  readonly values: Values<object>;
  readonly tensors: Int32Array;
  /** Their relative cap, in an array of one number; Infinity for none. */
  readonly cap: Float64Array;
}

/** What the patterns of names in a group's options choose: numbers of tensors. */
interface Chosen {
  readonly decayed: Int32Array;
  readonly notDecayed: Int32Array;
  readonly frozen: Int32Array;
}

/** One group as a step sees it. It never changes: other options make another one. */
export class StepGroup implements GroupRange {
  readonly path: string;
  readonly values: Values<object>;
  readonly parameters: readonly Parameter[];
  readonly first: number;
  readonly end: number;
  readonly parts: readonly Part[];
  /** The types of the parameters, each once. */
  readonly types: readonly DataType[];
  readonly #chosen: Chosen;

  /** @param before the same group with other options: of the same patterns, what they choose */
  constructor(
    path: string,
    values: Values<object>,
    parameters: readonly Parameter[],
    first: number,
    before?: StepGroup,
  ) {
    this.path = path;
    this.values = values;
    this.parameters = parameters;
    this.first = first;
    this.end = first + parameters.length;
    this.types = before?.types ?? [...new Set(parameters.map(({ type }) => type))];
    const isSame = before !== undefined && haveSamePatterns(values, before.values);
    this.#chosen = isSame ? before.#chosen : choose(values, parameters, first);
    const { decayed, notDecayed } = this.#chosen;
    const cap = Float64Array.of(capOf(values) ?? Number.POSITIVE_INFINITY);
    this.parts = [{ values, tensors: decayed, cap }];
    if (notDecayed.length > 0) {
      const undecayed = valuesWith(values, { weightDecay: 0 });
      this.parts = [...this.parts, { values: undecayed, tensors: notDecayed, cap }];
    }
  }

  /** The numbers of the tensors that a step leaves alone. */
  get frozen(): Int32Array {
    return this.#chosen.frozen;
  }

  /** The same group with other options. */
  with(values: Values<object>): StepGroup {
    return new StepGroup(this.path, values, this.parameters, this.first, this);
  }
}

/** Takes the gradients of frozen tensors out: those without one are left alone. */
export function skipFrozen(gradients: unknown[], groups: readonly StepGroup[]) {
  for (let k = 0; k < groups.length; k++) {
    const { frozen } = groups[k] as StepGroup;
    for (let n = 0; n < frozen.length; n++) gradients[frozen[n] as number] = null;
  }
}

function haveSamePatterns(one: Values<object>, other: Values<object>): boolean {
  const { weightDecayExclude, frozen } = one as Values<SelectionOptions>;
  const now = other as Values<SelectionOptions>;
  return weightDecayExclude === now.weightDecayExclude && frozen === now.frozen;
}

function choose(values: Values<object>, parameters: readonly Parameter[], first: number): Chosen {
  const { weightDecayExclude, frozen } = values as Values<SelectionOptions>;
  const all = Int32Array.from(parameters, (_, i) => first + i);
  const notDecayed = select(weightDecayExclude, parameters, first);
  return {
    decayed: all.filter((i) => !notDecayed.includes(i)),
    notDecayed,
    frozen: select(frozen, parameters, first),
  };
}
