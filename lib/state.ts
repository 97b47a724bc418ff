import { failure } from './errors.js';
import type { Values } from './hyperparameters.js';
import type { Parameter } from './params.js';
import type { AnyRule } from './rule.js';
import { offsetInLine } from './runtime.js';
import { arrayTypes, byteLengthOf, type Tensor } from './tensor.js';

/** A cache line, in bytes. */
const LINE = 64;

/** Everything that an optimizer remembers of its tensors: the rule's states, in one arena, and the numbers of steps. */
export class State {
  readonly rule: AnyRule;
  readonly parameters: readonly Parameter[];
  /** For each tensor and each state of the rule, the byte offset into the arena; undefined where it has none. */
  readonly offsets: readonly (readonly (number | undefined)[])[];
  readonly arena: ArrayBuffer;
  /** How many times each tensor was updated. */
  readonly steps: Float64Array;

  /**
   * Each state lies in its cache lines as its parameter does, so that aligned vectors of one are aligned in all.
   *
   * @param kept for each tensor, whether it keeps the k-th state of the rule
   */
  constructor(
    rule: AnyRule,
    parameters: readonly Parameter[],
    kept: (tensor: number, k: number) => boolean,
  ) {
    const states = parameters.map((_, i) => rule.state.map((_, k) => kept(i, k)));
    const room = parameters.map(({ tensor }, i) => {
      const count = states[i]?.filter((keeps) => keeps).length ?? 0;
      return count * (byteLengthOf(tensor) + LINE);
    });
    this.arena = allocate(room.reduce((sum, bytes) => sum + bytes, 0));
    const start = offsetInLine(new Uint8Array(this.arena, 0, 0));
    let end = 0;
    this.offsets = parameters.map(({ tensor }, i) => {
      const shift = offsetInLine(tensor) - start;
      return rule.state.map((_, k) => {
        if (!states[i]?.[k]) return undefined;
        const offset = Math.ceil((end - shift) / LINE) * LINE + shift;
        end = offset + byteLengthOf(tensor);
        return offset;
      });
    });
    this.rule = rule;
    this.parameters = parameters;
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
    return new arrayTypes[type](this.arena, offset, length);
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

function allocate(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    const expected = `${bytes} bytes of memory for the state`;
    throw failure(RangeError, 'ERR_OUT_OF_MEMORY', expected, 'none');
  }
}
