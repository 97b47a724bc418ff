import { checkCommonOptions } from './common-options.js';
import { failure, show } from './errors.js';
import {
  type Hyperparameter,
  optimizerWideNames,
  readOptions,
  type Values,
} from './hyperparameters.js';
import type { Parameter } from './params.js';
import { type AnyRule, sizeNumber, type TensorNumber } from './rule.js';
import { sizeNames } from './sizes.js';
import {
  type Counters,
  mostOf,
  neededType,
  type Part,
  partsOf,
  possibleType,
  State,
  stateNames,
} from './state.js';
import { checkStorage, type StorageOptions } from './storage.js';
import type { MemoryArray, MemoryType } from './tensor.js';
import { bitsOf } from './types/rounding.js';

/** One group of an optimizer: its options' values, and its tensors as numbers from first to end. */
export interface GroupRange {
  /** How an error calls it. */
  readonly path: string;
  readonly values: Values<object>;
  readonly first: number;
  readonly end: number;
}

type AnyHyperparameter = Hyperparameter<never>;
type AnyRecord = { readonly [name: string]: unknown };

/** What somebody has for arrays, A, and for their types, T. */
export interface ArrayKind<A, T> {
  isArrayOf(value: unknown, type: T): value is A;
  lengthOf(array: A): number;
  /** A type as an error names it. */
  nameOf(type: T): string;
  show(value: unknown): string;
}

/** Where a state is saved: in a dictionary or in a file. */
export interface Place<A> extends ArrayKind<A, MemoryType> {
  /** What errors call it. */
  readonly name: string;
  /** The arrays of a tensor's states by name, from what is saved of the tensor. */
  statesOf(tensor: AnyRecord, group: number, where: string): AnyRecord;
}

/** A saved state that fits an optimizer, before anything was allocated for it. */
export interface SavedState<A> {
  /** The options of the groups. */
  readonly values: Values<object>[];
  allocate(): NewState<A>;
}

export interface NewState<A> {
  /** What is to be copied where. */
  readonly copies: readonly { readonly from: A; readonly to: MemoryArray }[];
  /** The state when all is copied. Throws if it holds what no optimizer writes. */
  finish(): State;
}

/**
 * What was saved of one optimizer, as the state and the options of another one with these tensors. Throws unless everything
 * fits.
 */
export function matchState<A>(
  root: AnyRecord,
  place: Place<A>,
  rule: AnyRule,
  parameters: readonly Parameter[],
  groups: readonly GroupRange[],
): SavedState<A> {
  requireSame(root.rule, rule.name, `${place.name}.rule`);
  const saved = requireList(root.groups, `${place.name}.groups`, groups.length);

  const counters = matchCounters(root.counters, rule, `${place.name}.counters`);

  const values: Values<object>[] = [];
  const tensors: SavedTensor<A>[] = [];
  for (const [g, { values: own, first, end }] of groups.entries()) {
    const at = `${place.name}.groups[${g}]`;
    const group = requireObject(saved[g], at);
    const options = requireObject(group.options, `${at}.options`);
    for (const [name, { later }] of Object.entries(
      rule.hyperparameters as Record<string, AnyHyperparameter>,
    )) {
      if (options[name] === undefined && !later)
        throw misfit(`${at}.options.${name} to be there`, 'none');
    }
    const h = readOptions(rule.hyperparameters, options, `${at}.options`);
    checkCommonOptions(h, `${at}.options`);
    rule.check?.(h, `${at}.options`);
    checkStorage(h, parameters.slice(first, end), `${at}.options`);
    const { dtype } = own as Values<StorageOptions>;
    requireSame((h as Values<StorageOptions>).dtype, dtype, `${at}.options.dtype`);
    values.push(h);
    for (const [i, entry] of requireList(group.tensors, `${at}.tensors`, end - first).entries()) {
      const parameter = parameters[first + i] as Parameter;
      const where = `${at}.tensors[${i}]`;
      tensors.push(matchTensor(entry, place, g, rule, h, counters, parameter, where));
    }
  }
  for (const name of optimizerWideNames(rule.hyperparameters)) {
    for (const [g, own] of values.entries()) {
      const at = `${place.name}.groups[${g}].options.${name}`;
      requireSame((own as AnyRecord)[name], (values[0] as AnyRecord)[name], at);
    }
  }
  // States of before have no number of updates.
  const updates = counters.updates ?? mostOf(tensors.map(({ step }) => step));
  const { distance = 0, ...counted } = counters;
  const all = { counters: { ...counted, updates }, distance };
  return { values, allocate: () => allocateState(rule, parameters, tensors, all) };
}

function allocateState<A>(
  rule: AnyRule,
  parameters: readonly Parameter[],
  tensors: readonly SavedTensor<A>[],
  { counters, distance }: { counters: Counters; distance: number },
): NewState<A> {
  const state = new State(rule, parameters, (i, k) => tensors[i]?.states[k]?.type);
  Object.assign(state.counters, counters);
  state.distance[0] = distance;
  const copies: { from: A; to: MemoryArray }[] = [];
  const scales: { array: MemoryArray; where: string }[] = [];
  for (const [i, { step, numbers, sizes, states }] of tensors.entries()) {
    state.steps[i] = step;
    state.sizes.set(sizes, i * sizes.length);
    state.numbers.set(numbers, i * numbers.length);
    for (const [k, saved] of states.entries()) {
      for (const [part, { name, values }] of state.arrays(i, k).entries()) {
        copies.push({ from: saved?.parts[part] as A, to: values });
        if (part > 0) scales.push({ array: values, where: `${saved?.where}.${name}` });
      }
    }
  }
  const finish = () => {
    for (const { array, where } of scales) checkScales(array, where);
    return state;
  };
  return { copies, finish };
}

function matchCounters(saved: unknown, rule: AnyRule, where: string) {
  const { accumulatedCalls, goodSteps, updates, distance } = requireObject(saved, where);
  return {
    accumulatedCalls: requireStep(accumulatedCalls, `${where}.accumulatedCalls`),
    goodSteps: requireStep(goodSteps, `${where}.goodSteps`),
    updates: updates === undefined ? undefined : requireStep(updates, `${where}.updates`),
    ...(rule.estimatesDistance && {
      distance: requireNumber(notNegative, distance, `${where}.distance`),
    }),
  };
}

interface SavedTensor<A> {
  step: number;
  /** In the order of the rule's declaration. */
  numbers: number[];
  /** In the order of `sizeNames`; NaN for one that was not measured. */
  sizes: number[];
  /** In the order of `stateNames`. */
  states: ({ type: MemoryType; parts: A[]; where: string } | undefined)[];
}

function matchTensor<A>(
  entry: unknown,
  place: Place<A>,
  group: number,
  rule: AnyRule,
  h: Values<object>,
  counters: Pick<Counters, 'accumulatedCalls'>,
  parameter: Parameter,
  at: string,
): SavedTensor<A> {
  const tensor = requireObject(entry, at);
  requireSame(tensor.name, parameter.name, `${at}.name`);
  const step = requireStep(tensor.step, `${at}.step`);
  const numbers = matchNumbers(tensor.numbers, rule, `${at}.numbers`);
  const sizes = matchSizes(tensor.numbers, `${at}.numbers`);
  const where = `${at}.state`;
  const saved = place.statesOf(tensor, group, where);
  const known = new Set<string>();
  const states = stateNames(rule).map((name, k) => {
    const needed = neededType(rule, k, parameter.type, h, counters);
    const type = needed ?? possibleType(rule, k, parameter.type, h);
    if (type === undefined) return undefined;
    const parts = partsOf(name, type, parameter);
    for (const part of parts) known.add(part.name);
    if (!needed && !parts.some((part) => Object.hasOwn(saved, part.name))) return undefined;
    return {
      type,
      where,
      parts: parts.map((part) => matchPart(saved, part, place, parameter, where)),
    };
  });
  const extra = Object.keys(saved).find((name) => !known.has(name));
  if (extra !== undefined) {
    throw misfit(`${where} to have only ${[...known].join(', ')}`, show(extra));
  }
  return { states, step, numbers, sizes };
}

function matchSizes(saved: unknown, where: string): number[] {
  if (saved === undefined) return sizeNames.map(() => Number.NaN);
  const numbers = requireObject(saved, where);
  return sizeNames.map((name) => {
    const size = Object.hasOwn(numbers, name) ? numbers[name] : Number.NaN;
    if (Number.isNaN(size)) return Number.NaN;
    const kind = name === 'distanceNumerator' ? signedNumber : notNegative;
    return requireNumber(kind, size, `${where}.${name}`);
  });
}

const signedNumber: TensorNumber = {
  name: 'size',
  start: Number.NaN,
  expected: 'a finite number',
  accepts: Number.isFinite,
};

const notNegative = sizeNumber('size', Number.NaN);

function matchNumbers(saved: unknown, rule: AnyRule, where: string): number[] {
  if (!rule.numbers) return [];
  const numbers = requireObject(saved, where);
  return rule.numbers.kept.map((own) => {
    const value = Object.hasOwn(numbers, own.name) ? numbers[own.name] : undefined;
    return requireNumber(own, value, `${where}.${own.name}`);
  });
}

/** Throws unless something saved is what such a number of a tensor can be. */
export function requireNumber(
  { expected, accepts }: TensorNumber,
  value: unknown,
  where: string,
): number {
  if (typeof value === 'number' && accepts(value)) return value;
  throw misfit(`${where} to be ${expected}`, show(value));
}

function matchPart<A>(
  saved: AnyRecord,
  { name, type, length }: Part,
  place: Place<A>,
  { path }: Parameter,
  at: string,
): A {
  const value = Object.hasOwn(saved, name) ? saved[name] : undefined;
  return requireArray<A, MemoryType>(place, value, type, length, `${at}.${name}`, `params${path}`);
}

/** Throws unless something saved is an array of this type and length, which something else needs. */
export function requireArray<A, T>(
  kind: ArrayKind<A, T>,
  value: unknown,
  type: T,
  length: number,
  where: string,
  neededBy: string,
): A {
  if (value === undefined) throw misfit(`${where} to be there`, 'none');
  if (!kind.isArrayOf(value, type)) {
    throw misfit(`${where} to be ${kind.nameOf(type)}, as ${neededBy} needs`, kind.show(value));
  }
  const received = kind.lengthOf(value);
  if (received !== length) {
    throw misfit(`${where} to have length ${length}, as ${neededBy} needs`, `${received}`);
  }
  return value;
}

/** No block has a scale that is negative, infinite or NaN: what codes mean then would hang on the engine. */
function checkScales(scales: MemoryArray, where: string) {
  for (const scale of scales) {
    if (bitsOf(scale) >= bitsOf(Number.POSITIVE_INFINITY)) {
      throw misfit(`${where} to hold finite numbers of at least 0`, show(scale));
    }
  }
}

/** A number of steps, such that one more is still an exact number. */
export function requireStep(value: unknown, where: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0 && value !== Number.MAX_SAFE_INTEGER) {
    return value as number;
  }
  throw misfit(`${where} to be an integer from 0 to 2^53 - 2`, show(value));
}

export function misfit(expected: string, received: string) {
  return failure(RangeError, 'ERR_STATE_MISMATCH', expected, received);
}

export function requireObject(value: unknown, where: string): AnyRecord {
  if (typeof value === 'object' && value !== null) return value as AnyRecord;
  throw failure(TypeError, 'ERR_STATE_MISMATCH', `${where} to be an object`, show(value));
}

export function requireList(value: unknown, where: string, length?: number): unknown[] {
  if (!Array.isArray(value)) {
    throw failure(TypeError, 'ERR_STATE_MISMATCH', `${where} to be a list`, show(value));
  }
  if (length !== undefined && value.length !== length) {
    throw misfit(`${where} to have length ${length}`, `${value.length}`);
  }
  return value;
}

export function requireSame(value: unknown, expected: unknown, where: string) {
  if (value !== expected) throw misfit(`${where} to be ${show(expected)}`, show(value));
}
