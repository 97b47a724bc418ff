import { failure, show } from './errors.js';
import { readOptions, type Values } from './hyperparameters.js';
import type { Parameter } from './params.js';
import type { AnyRule } from './rule.js';
import { neededType, type Part, partsOf, State, stateNames } from './state.js';
import { checkStorage, type StorageOptions, stateTypeOf } from './storage.js';
import { isArrayOf, lengthOf, type MemoryArray, type MemoryType, memoryTypes } from './tensor.js';
import { bitsOf } from './types/rounding.js';

const FORMAT = 1;

/** The state of one tensor. */
export interface TensorState {
  name: string;
  /** How many times the tensor was updated. */
  step: number;
  /** Copies of the states by name, of the tensor's length; the scales of states of type uint8 stand beside them. */
  state: { [name: string]: MemoryArray };
}

/** All that an optimizer needs to go on where another one stopped: plain data and typed arrays. */
export interface StateDict {
  format: number;
  rule: string;
  groups: { options: { [name: string]: unknown }; tensors: TensorState[] }[];
}

/** One group of an optimizer: its options' values, and its tensors as numbers from first to end. */
export interface GroupRange {
  readonly values: Values<object>;
  readonly first: number;
  readonly end: number;
}

export function writeStateDict(state: State, groups: readonly GroupRange[]): StateDict {
  const { rule, parameters, steps } = state;
  const tensor = (i: number): TensorState => {
    const copies: { [name: string]: MemoryArray } = {};
    for (const k of stateNames(rule).keys()) {
      for (const { name, values } of state.arrays(i, k)) copies[name] = values.slice();
    }
    return { name: (parameters[i] as Parameter).name, step: steps[i] as number, state: copies };
  };
  return {
    format: FORMAT,
    rule: rule.name,
    groups: groups.map(({ values, first, end }) => ({
      options: { ...values },
      tensors: Array.from({ length: end - first }, (_, i) => tensor(first + i)),
    })),
  };
}

/**
 * What a state dictionary holds, as the state and the options of an optimizer with these tensors. Throws unless everything
 * in it fits; what it is given stays as it is.
 */
export function readStateDict(
  dict: unknown,
  rule: AnyRule,
  parameters: readonly Parameter[],
  groups: readonly GroupRange[],
): { state: State; values: Values<object>[] } {
  const root = object(dict, 'state');
  same(root.format, FORMAT, 'state.format');
  same(root.rule, rule.name, 'state.rule');
  const saved = list(root.groups, groups.length, 'state.groups');

  const values: Values<object>[] = [];
  const tensors: { states: (SavedState | undefined)[]; step: number }[] = [];
  for (const [g, { values: own, first, end }] of groups.entries()) {
    const at = `state.groups[${g}]`;
    const group = object(saved[g], at);
    const options = object(group.options, `${at}.options`);
    for (const name of Object.keys(rule.hyperparameters)) {
      if (options[name] === undefined) throw misfit(`${at}.options.${name} to be there`, 'none');
    }
    const h = readOptions(rule.hyperparameters, options, `${at}.options`);
    rule.check?.(h, `${at}.options`);
    checkStorage(h, parameters.slice(first, end), `${at}.options`);
    const { dtype } = own as Values<StorageOptions>;
    same((h as Values<StorageOptions>).dtype, dtype, `${at}.options.dtype`);
    values.push(h);
    for (const [i, entry] of list(group.tensors, end - first, `${at}.tensors`).entries()) {
      const parameter = parameters[first + i] as Parameter;
      tensors.push(readTensor(entry, rule, h, parameter, `${at}.tensors[${i}]`));
    }
  }

  const state = new State(rule, parameters, (i, k) => tensors[i]?.states[k]?.type);
  for (const [i, tensor] of tensors.entries()) {
    state.steps[i] = tensor.step;
    for (const [k, saved] of tensor.states.entries()) {
      const arrays = state.arrays(i, k);
      for (const [part, copy] of (saved?.copies ?? []).entries()) arrays[part]?.values.set(copy);
    }
  }
  return { state, values };
}

interface SavedState {
  type: MemoryType;
  copies: MemoryArray[];
}

function readTensor(
  entry: unknown,
  rule: AnyRule,
  h: Values<object>,
  parameter: Parameter,
  at: string,
) {
  const tensor = object(entry, at);
  same(tensor.name, parameter.name, `${at}.name`);
  const { step } = tensor;
  // One more step must still be an exact number.
  if (!Number.isSafeInteger(step) || (step as number) < 0 || step === Number.MAX_SAFE_INTEGER) {
    throw misfit(`${at}.step to be an integer from 0 to 2^53 - 2`, show(step));
  }
  const saved = object(tensor.state, `${at}.state`);
  const known = new Set<string>();
  const states = stateNames(rule).map((name, k): SavedState | undefined => {
    const needed = neededType(rule, k, parameter.type, h);
    const type = needed ?? (rule.state[k] && stateTypeOf(parameter.type, h));
    if (type === undefined) return undefined;
    const parts = partsOf(name, type, parameter.length);
    for (const part of parts) known.add(part.name);
    if (!needed && !parts.some((part) => Object.hasOwn(saved, part.name))) return undefined;
    const copies = parts.map((part) => readPart(saved, part, parameter, `${at}.state`));
    const [, scales] = copies;
    if (scales) checkScales(scales, `${at}.state.${parts[1]?.name}`);
    return { type, copies };
  });
  const extra = Object.keys(saved).find((name) => !known.has(name));
  if (extra !== undefined) {
    throw misfit(`${at}.state to have only ${[...known].join(', ')}`, show(extra));
  }
  return { states, step: step as number };
}

function readPart(
  saved: { readonly [name: string]: unknown },
  { name, type, length }: Part,
  { path }: Parameter,
  at: string,
): MemoryArray {
  const copy = Object.hasOwn(saved, name) ? saved[name] : undefined;
  const where = `${at}.${name}`;
  if (copy === undefined) throw misfit(`${where} to be there`, 'none');
  if (!isArrayOf(copy, type)) {
    const expected = `${where} to be ${memoryTypes[type].name}, as params${path} needs`;
    throw misfit(expected, `${show(copy)} (JSON does not keep typed arrays)`);
  }
  const received = lengthOf(copy);
  if (received !== length) {
    throw misfit(`${where} to have length ${length}, as params${path} needs`, `${received}`);
  }
  return copy;
}

/** No block has a scale that is negative, infinite or NaN: what codes mean then would hang on the engine. */
function checkScales(scales: MemoryArray, where: string) {
  for (const scale of scales) {
    if (bitsOf(scale) >= bitsOf(Number.POSITIVE_INFINITY)) {
      throw misfit(`${where} to hold finite numbers of at least 0`, show(scale));
    }
  }
}

function misfit(expected: string, received: string) {
  return failure(RangeError, 'ERR_STATE_MISMATCH', expected, received);
}

function object(value: unknown, where: string): { readonly [name: string]: unknown } {
  if (typeof value === 'object' && value !== null) return value as { [name: string]: unknown };
  throw failure(TypeError, 'ERR_STATE_MISMATCH', `${where} to be an object`, show(value));
}

function list(value: unknown, length: number, where: string): unknown[] {
  if (!Array.isArray(value)) {
    throw failure(TypeError, 'ERR_STATE_MISMATCH', `${where} to be a list`, show(value));
  }
  if (value.length !== length) throw misfit(`${where} to have length ${length}`, `${value.length}`);
  return value;
}

function same(value: unknown, expected: unknown, where: string) {
  if (value !== expected) throw misfit(`${where} to be ${show(expected)}`, show(value));
}
