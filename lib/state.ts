import { memoryFault } from './check.js';
import type { CommonOptions } from './common-options.js';
import { commonStates } from './common-states.js';

import { failure } from './errors.js';
import type { Values } from './hyperparameters.js';
import type { Parameter } from './params.js';
import type { AnyRule } from './rule.js';
import { offsetInPage } from './runtime.js';
import { distanceSampleLength, type Spaced } from './samples.js';
import { SIZES, sizeNames } from './sizes.js';
import { stateTypeOf } from './storage.js';
import { type DataType, type MemoryArray, type MemoryType, memoryTypes } from './tensor.js';
import { bfloat16 } from './types/bfloat16.js';
import { decode } from './types/codecs.js';
import { NEAREST } from './types/rounding.js';
import { BLOCK, UInt8 } from './types/uint8.js';

/** A cache line and a page, in bytes. */
const LINE = 64;
const PAGE = 4096;

/** From so many bytes on a state may cost a page of room. */
const LARGE = 4 * PAGE;

/** A state of one tensor: where it lies in the arena, and as what. */
export interface Slot {
  readonly name: string;
  readonly type: MemoryType;
  readonly signed: boolean;
  readonly offset: number;
}

/** One array of the memory of a state. */
export interface Part {
  readonly name: string;
  readonly type: MemoryType;
  readonly length: number;
  /** From the start of the state, in bytes. */
  readonly offset: number;
}

/** The arrays of a state: its numbers or their codes, and, at the next multiple of 4 bytes, the scales of the blocks. */
export function partsOf(name: string, type: MemoryType, tensor: Spaced): Part[] {
  const { length } = tensor;
  if (name === 'distanceSample') {
    return [{ name, type, length: distanceSampleLength(tensor), offset: 0 }];
  }
  const codes: Part = { name, type, length, offset: 0 };
  if (type !== 'uint8') return [codes];
  const blocks = Math.ceil(length / BLOCK);
  const offset = Math.ceil(length / 4) * 4;
  return [codes, { name: `${name}Scale`, type: 'float32', length: blocks, offset }];
}

/** How many bytes a state takes. */
export function sizeOfState(name: string, type: MemoryType, tensor: Spaced): number {
  const last = partsOf(name, type, tensor).at(-1) as Part;
  return last.offset + last.length * memoryTypes[last.type].View.BYTES_PER_ELEMENT;
}

export interface NamedArray {
  readonly name: string;
  readonly type: MemoryType;
  readonly values: MemoryArray;
}

/** The arrays of a tensor's state, in place. */
export function arraysOf({ name, type, offset }: Slot, arena: ArrayBuffer, tensor: Spaced) {
  return partsOf(name, type, tensor).map((part): NamedArray => {
    const { View } = memoryTypes[part.type];
    const values = new View(arena, offset + part.offset, part.length);
    return { name: part.name, type: part.type, values };
  });
}

/** The names of all states of a rule, and at the end those of the states that belong to none. */
export function stateNames(rule: AnyRule): string[] {
  return [...rule.state, ...commonStates].map(({ name }) => name);
}

/** The slots of a tensor's states that belong to no rule, in the order of `commonStates`. */
export function commonSlots(rule: AnyRule, slots: readonly (Slot | undefined)[] = []) {
  return commonStates.map((_, k) => slots[rule.state.length + k]);
}

/** The type of a tensor's k-th state; undefined if these hyperparameters do without, where so much was counted. */
export function neededType(
  rule: AnyRule,
  k: number,
  type: DataType,
  h: Values<object>,
  { accumulatedCalls }: Pick<Counters, 'accumulatedCalls'> = counted,
) {
  const own = rule.state[k];
  if (own) return (own.needed?.(h) ?? true) ? stateTypeOf(type, h) : undefined;
  const common = commonStates[k - rule.state.length];
  return common?.needed(type, h as Values<CommonOptions>, accumulatedCalls, rule)
    ? common.type(type)
    : undefined;
}

/** The type that it has, needed or not; undefined if it is not there unless it is needed. */
export function possibleType(rule: AnyRule, k: number, type: DataType, h: Values<object>) {
  if (rule.state[k]) return stateTypeOf(type, h);
  const common = commonStates[k - rule.state.length];
  return common?.stays ? common.type(type) : undefined;
}

/** What an optimizer counts, for all tensors together. */
export interface Counters {
  /** Calls whose gradients are summed and not yet used. */
  accumulatedCalls: number;
  /** Updates since the dynamic loss scale last changed. */
  goodSteps: number;
  /** Updates, whichever tensors they were of. */
  updates: number;
}

/** The counters as states have them, with what a rule has found so far of a distance that it estimates; 0 before the first step. */
export interface SavedCounters extends Counters {
  distance?: number;
}

/** What it has counted when it is made. */
const counted: Counters = { accumulatedCalls: 0, goodSteps: 0, updates: 0 };

/** As many updates as the tensors tell of that were updated so often. */
export function mostOf(steps: Iterable<number>): number {
  let most = 0;
  for (const step of steps) most = Math.max(most, step);
  return most;
}

/** Everything that an optimizer remembers of its tensors: states, in one arena, and the numbers of steps. */
export class State {
  readonly rule: AnyRule;
  readonly parameters: readonly Parameter[];
  /** For each tensor its states, in the order of `stateNames`; undefined where it has none. */
  readonly slots: readonly (readonly (Slot | undefined)[])[];
  readonly arena: ArrayBuffer;
  /** How many times each tensor was updated. */
  readonly steps: Float64Array;
  /** The numbers that the rule keeps of each tensor, one tensor after the other. */
  readonly numbers: Float64Array;
  /** What they will be when the step that is prepared is made. */
  readonly nextNumbers: Float64Array;
  /** For each tensor the numbers of `sizeNames`; NaN where they are not measured. */
  readonly sizes: Float64Array;
  readonly counters: Counters = { ...counted };
  /** The distance that parameters have to go, if the rule estimates it; 0 before the first step. */
  readonly distance: Float64Array = new Float64Array(1);

  /**
   * Each state of float32 or float64 lies in its cache lines as its parameter does, so that aligned vectors of one are
   * aligned in all. In its pages a large one lies elsewhere than the parameter and the other states: at the same place they
   * would compete for the same few lines of the first cache.
   *
   * @param typeOf for each tensor the type of its k-th state, or undefined
   */
  constructor(
    rule: AnyRule,
    parameters: readonly Parameter[],
    typeOf: (tensor: number, k: number) => MemoryType | undefined,
  ) {
    const names = stateNames(rule);
    const types = parameters.map((_, i) => names.map((_, k) => typeOf(i, k)));
    const unit = (size: number) => (size < LARGE ? LINE : PAGE);
    const room = parameters.map((parameter, i) =>
      (types[i] as (MemoryType | undefined)[]).reduce((sum, type, k) => {
        const size = type ? sizeOfState(names[k] as string, type, parameter) : 0;
        return type ? sum + size + unit(size) : sum;
      }, 0),
    );
    const total = room.reduce((sum, bytes) => sum + bytes, 0);
    this.arena = allocate(total, 'the state');
    const start = offsetInPage(new Uint8Array(this.arena, 0, 0));
    let end = 0;
    this.slots = parameters.map((parameter, i) => {
      const { tensor, type: own } = parameter;
      const { BYTES_PER_ELEMENT } = memoryTypes[own].View;
      const place = offsetInPage(tensor);
      return names.map((name, k) => {
        const type = types[i]?.[k];
        if (type === undefined) return undefined;
        const alike = memoryTypes[type].View.BYTES_PER_ELEMENT === BYTES_PER_ELEMENT;
        const inLine = alike ? place % LINE : 0;
        const inPage = place - (place % LINE) + inLine + (1 + k) * (PAGE / 4);
        const size = sizeOfState(name, type, parameter);
        // The first offset from the end on that is so far past a whole unit of memory.
        const shift = (inPage - start) % unit(size);
        const offset = Math.ceil((end - shift) / unit(size)) * unit(size) + shift;
        end = offset + size;
        return { name, type, signed: rule.state[k]?.signed === true, offset };
      });
    });
    this.rule = rule;
    this.parameters = parameters;
    this.steps = new Float64Array(parameters.length);
    const kept = rule.numbers?.kept ?? [];
    this.numbers = Float64Array.from(parameters.flatMap(() => kept.map(({ start }) => start)));
    this.nextNumbers = this.numbers.slice();
    this.sizes = new Float64Array(SIZES * parameters.length).fill(Number.NaN);
  }

  /** What is saved of all tensors together. */
  get savedCounters(): SavedCounters {
    const [distance = 0] = this.distance;
    return { ...this.counters, ...(this.rule.estimatesDistance && { distance }) };
  }

  /** Counts an update of tensor i. */
  advance(i: number) {
    this.steps[i] = (this.steps[i] as number) + 1;
    const kept = this.numbers.length / this.steps.length;
    for (let k = i * kept; k < (i + 1) * kept; k++) this.numbers[k] = this.nextNumbers[k] as number;
  }

  /** The numbers that are kept of tensor i by name, by the rule and for `relativeCap`; undefined if there are none. */
  numbersOf(i: number): { [name: string]: number } | undefined {
    const kept = this.rule.numbers?.kept ?? [];
    const own = kept.map(({ name }, k) => [name, this.numbers[i * kept.length + k] as number]);
    const sizes = sizeNames.map((name, k) => [name, this.sizes[SIZES * i + k] as number]);
    const all = [...own, ...sizes.filter(([, size]) => !Number.isNaN(size))];
    return all.length > 0 ? Object.fromEntries(all) : undefined;
  }

  /** The arrays of tensor i's k-th state, in place; none if it has none. */
  arrays(i: number, k: number): NamedArray[] {
    const slot = this.slots[i]?.[k];
    return slot ? arraysOf(slot, this.arena, this.parameters[i] as Parameter) : [];
  }

  /** The arrays of all states of tensor i. */
  allArrays(i: number): NamedArray[] {
    return stateNames(this.rule).flatMap((_, k) => this.arrays(i, k));
  }

  /**
   * Sets the k-th state of tensor i, if it has one, to what it starts from: an average of the parameters from these as they
   * are. A copy of the parameters finds out by itself. Throws if the memory of the parameter is gone.
   */
  start(i: number, k: number, h: Values<object>) {
    if (commonStates[k - this.rule.state.length]?.name === 'parameterAverage') {
      const parameter = this.parameters[i] as Parameter;
      for (const { values } of this.arrays(i, k)) {
        const fault = memoryFault([parameter]);
        if (fault) throw fault;
        decode(parameter.tensor, parameter.type, values);
      }
      return;
    }
    const initial = this.rule.state[k]?.initial?.(h) ?? 0;
    if (initial === 0) return;
    const [values, scales] = this.arrays(i, k).map((array) => array.values);
    const { type, signed } = this.slots[i]?.[k] ?? {};
    if (type === 'bfloat16') {
      values?.fill(bfloat16.encode(initial, NEAREST));
    } else if (type === 'uint8') {
      const uint8 = new UInt8(signed === true);
      const scale = uint8.scale(initial);
      scales?.fill(scale);
      values?.fill(uint8.encode(Math.fround(initial), 1 / scale, NEAREST));
    } else {
      values?.fill(initial);
    }
  }

  /** Another state that holds the same. */
  clone(): State {
    const clone = new State(this.rule, this.parameters, (i, k) => this.slots[i]?.[k]?.type);
    clone.copy(this);
    return clone;
  }

  /** Takes over what another state of the same tensors holds. */
  copy(from: State) {
    this.steps.set(from.steps);
    this.numbers.set(from.numbers);
    this.sizes.set(from.sizes);
    Object.assign(this.counters, from.counters);
    this.distance.set(from.distance);
    for (const i of this.parameters.keys()) {
      for (const k of stateNames(this.rule).keys()) {
        const to = this.arrays(i, k);
        for (const [part, { values }] of from.arrays(i, k).entries()) to[part]?.values.set(values);
      }
    }
  }
}

/** Memory that is 0; throws if there is none. */
export function allocate(bytes: number, what: string): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    const expected = `${bytes} bytes of memory for ${what}`;
    throw failure(RangeError, 'ERR_OUT_OF_MEMORY', expected, 'none');
  }
}
