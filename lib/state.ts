import type { Values } from './hyperparameters.js';
import type { Parameter } from './params.js';
import type { AnyRule } from './rule.js';
import { arrayTypes, type Tensor } from './tensor.js';

/** States start at multiples of this, a cache line. */
const ALIGNMENT = 64;

/** Everything that an optimizer remembers of its tensors: the rule's states, in one arena, and the numbers of steps. */
export class State {
  readonly rule: AnyRule;
  readonly parameters: readonly Parameter[];
  /** For each tensor and each state of the rule, the byte offset into the arena; undefined where it has none. */
  readonly offsets: readonly (readonly (number | undefined)[])[];
  readonly arena: Uint8Array<ArrayBuffer>;
  /** How many times each tensor was updated. */
  readonly steps: Float64Array;

  /** @param kept for each tensor, whether it keeps the k-th state of the rule */
  constructor(
    rule: AnyRule,
    parameters: readonly Parameter[],
    kept: (tensor: number, k: number) => boolean,
  ) {
    let end = 0;
    this.offsets = parameters.map(({ type, length }, i) =>
      rule.state.map((_, k) => {
        if (!kept(i, k)) return undefined;
        const offset = end;
        end += length * arrayTypes[type].BYTES_PER_ELEMENT;
        end = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
        return offset;
      }),
    );
    this.rule = rule;
    this.parameters = parameters;
    this.arena = new Uint8Array(end);
    this.steps = new Float64Array(parameters.length);
  }

  /** Whether tensor i keeps the k-th state. */
  keeps(i: number, k: number): boolean {
    return this.offsets[i]?.[k] !== undefined;
  }

  /** The k-th state of tensor i, in place; undefined if it keeps none. */
  view(i: number, k: number): Tensor | undefined {
    const offset = this.offsets[i]?.[k];
    if (offset === undefined) return undefined;
    const { type, length } = this.parameters[i] as Parameter;
    return new arrayTypes[type](this.arena.buffer, this.arena.byteOffset + offset, length);
  }

  /** Sets the k-th state of tensor i to what it starts from. */
  start(i: number, k: number, h: Values<object>) {
    const initial = this.rule.state[k]?.initial?.(h) ?? 0;
    if (initial !== 0) this.view(i, k)?.fill(initial);
  }

  /** Takes over what another state of the same tensors holds. */
  copy(from: State) {
    this.steps.set(from.steps);
    for (const i of this.parameters.keys()) {
      for (const k of this.rule.state.keys()) {
        const values = from.view(i, k);
        if (values) this.view(i, k)?.set(values);
      }
    }
  }
}
