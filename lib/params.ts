import { dot, failure, show } from './errors.js';
import type { Values } from './hyperparameters.js';
import type { OptimizerWideOptions } from './optimizer-wide-options.js';
import { placementOf } from './placement.js';
import { spacingOf } from './samples.js';
import type { StorageOptions } from './storage.js';
import {
  type DataType,
  type Dtype,
  dataTypeOf,
  isDetached,
  lengthOf,
  type Tensor,
} from './tensor.js';
import { BLOCK } from './types/uint8.js';

/**
 * The parameters of one group: one tensor, a list, or a record of named ones (an object, or an instance of a class, whose methods
 * are no parameters). The optimizer keeps the tensors, not the list or record: another one that is put there later is none of its
 * parameters.
 */
export type Tensors = Tensor | readonly Tensor[] | { readonly [name: string]: Tensor };

/** Parameters with options of their own; for the others the optimizer's options hold. */
export type Group<O> = {
  /** The tensors of the group, which no other group has. */
  readonly params: Tensors;
} & Omit<O, keyof OptimizerWideOptions>;

/** What an optimizer with options O can be made for. {@link Strict} says so of types that have no index signature, too. */
export type Params<O> = Tensors | readonly Group<O>[];

/** Names of functions: TypeScript does not tell methods from properties of one's own, which are refused at run time. */
type MethodOf<T> = keyof {
  [K in keyof T as T[K] extends (...args: never) => unknown ? K : never]: unknown;
};

/** Something that has nothing but methods, such as a generator, is no record. */
type IgnoredOf<T> = keyof T extends MethodOf<T> ? never : MethodOf<T>;

type ValidTensors<T> = T extends Tensor
  ? T
  : T extends readonly unknown[]
    ? readonly Tensor[]
    : { readonly [K in keyof T]: K extends IgnoredOf<T> ? T[K] : Tensor };

type ValidGroup<G, O> = { readonly params: unknown } & {
  [N in keyof G]: N extends 'params'
    ? ValidTensors<G[N]>
    : N extends Exclude<keyof O, keyof OptimizerWideOptions>
      ? O[N]
      : `${N & string} is not an option of a group of this optimizer`;
};

export type AnyGroups = readonly { readonly params: unknown }[];

type ValidParams<P, O> = P extends AnyGroups
  ? { readonly [K in keyof P]: ValidGroup<P[K], O> }
  : ValidTensors<P>;

/**
 * P, if it is what {@link Params} says, else what it would have to be, so that the compiler complains of what is wrong alone.
 * Checked property by property, so that interfaces and classes may be records. A function that takes whatever an optimizer does
 * asks for it, too, and names P:
 *
 *     function makeOptimizer<P extends object>(params: Strict<P, AdamWOptions>) {
 *       return new AdamW<P>(params);
 *     }
 */
export type Strict<P, O> = P extends ValidParams<P, O> ? P : ValidParams<P, O>;

/** The same for one group. */
export type StrictGroup<G, O> = G extends ValidGroup<G, O> ? G : ValidGroup<G, O>;

type GradientOf<T> = T extends Float32Array
  ? Float32Array | null
  : T extends Float64Array
    ? Float64Array | null
    : Exclude<Tensor, Float32Array | Float64Array> | null;
type GradientsOf<T> = T extends Tensor
  ? GradientOf<T>
  : T extends readonly unknown[]
    ? { readonly [K in keyof T]: GradientOf<T[K]> }
    : { readonly [K in keyof T as Exclude<K, MethodOf<T>>]: GradientOf<T[K]> };

/** Gradients: the shape of the parameters; null for a tensor that the step leaves alone. */
export type Gradients<P> = P extends AnyGroups
  ? { readonly [K in keyof P]: P[K] extends { readonly params: infer T } ? GradientsOf<T> : never }
  : GradientsOf<P>;

/**
 * What a tensor is called: its name in a record, its place in a list, 0 for a tensor by itself; in a list of groups also
 * the number of the group and one of these, such as '1/bias'.
 */
export type TensorName<P> = P extends Tensor | readonly unknown[]
  ? string | number
  : keyof GradientsOf<P>;

/** A tensor as it was when the optimizer was made, or its memory moved. */
export interface Parameter {
  /** Where it stands in the parameters, as an error shows it: '', '[3]', '.bias', '[1].bias'. */
  readonly path: string;
  /** Its name in a state dictionary: 'bias', '3'. */
  readonly name: string;
  tensor: Tensor;
  readonly type: DataType;
  /** What Uint16Arrays hold in its group. */
  readonly dtype: Dtype;
  readonly length: number;
  /** The number of its first block of 256, if it is a piece of a larger tensor: random bits go by that. */
  readonly firstBlock: number;
  /** Of how many numbers one run is in the sample, by the length of the larger tensor: see samples.ts. */
  readonly spacing: number;
}

/** One group: its options, and its tensors. */
export interface ParsedGroup {
  /** Where it stands: '' for the only one, '[1]' in a list of groups. */
  readonly path: string;
  /** Where its options stand, as an error shows it. */
  readonly where: string;
  readonly values: Values<object>;
  readonly parameters: readonly Parameter[];
  /** A list, a record, or a tensor by itself: the shape that the gradients must have too. */
  readonly shape: 'one' | 'list' | 'record';
}

export interface ParsedParams {
  readonly groups: readonly ParsedGroup[];
  /** Whether the parameters were given as a list of groups. */
  readonly grouped: boolean;
}

/** What a tensor is, in the words of an error. */
const TENSOR = 'a Float32Array, Float64Array or, with the option dtype, Uint16Array';

/** The gradients of a step are the arguments of one call, which have to find room on the stack. */
const MOST_TENSORS = 16384;

/** Reads the options of a group, undefined if the parameters are no list of groups. Throws if they are wrong. */
type ReadOptions = (options: unknown, where: string) => Values<object>;

export function parseParams(params: unknown, read: ReadOptions): ParsedParams {
  return requireFew(parseGroups(params, read));
}

/** The same parameters, and those of one group more. */
export function addGroup(params: ParsedParams, group: unknown, read: ReadOptions): ParsedParams {
  const { groups, grouped } = params;
  if (!grouped) {
    const shapes = { one: 'a tensor', list: 'a list of tensors', record: 'a record' };
    const expected = 'params to be a list of groups, where a group is added';
    const received = shapes[(groups[0] as ParsedGroup).shape];
    throw failure(TypeError, 'ERR_INVALID_PARAMS', expected, received);
  }
  return requireFew({ groups: [...groups, parseListed(group, groups.length, read)], grouped });
}

function requireFew(parsed: ParsedParams): ParsedParams {
  const count = parsed.groups.reduce((sum, { parameters }) => sum + parameters.length, 0);
  if (count <= MOST_TENSORS) return parsed;
  const expected = `params to hold at most ${MOST_TENSORS} tensors`;
  throw failure(RangeError, 'ERR_INVALID_PARAMS', expected, `${count}`);
}

function parseGroups(params: unknown, read: ReadOptions): ParsedParams {
  if (isGroupList(params)) {
    return { groups: Array.from(params, (group, i) => parseListed(group, i, read)), grouped: true };
  }
  return { groups: [parseGroup(params, '', undefined, read)], grouped: false };
}

/** The group with the number i of a list. */
function parseListed(group: unknown, i: number, read: ReadOptions): ParsedGroup {
  if (!isGroup(group)) {
    const expected = `params[${i}] to be a group with params, like params[0]`;
    throw failure(TypeError, 'ERR_INVALID_PARAMS', expected, show(group));
  }
  const { params: tensors, ...options } = group;
  return parseGroup(tensors, `[${i}]`, options, read);
}

type AnyGroup = { params: unknown };

function isGroup(value: unknown): value is AnyGroup {
  return isRecord(value) && Object.hasOwn(value, 'params');
}

function isGroupList(value: unknown): value is unknown[] {
  return Array.isArray(value) && isGroup(value[0]);
}

function isRecord(value: unknown): value is { [name: string]: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value)
  );
}

function parseGroup(
  tensors: unknown,
  path: string,
  options: unknown,
  read: ReadOptions,
): ParsedGroup {
  const at = options === undefined ? 'options' : `params${path}`;
  const values = read(options, at);
  const { dtype } = values as Values<StorageOptions>;
  const shared = { path, where: at, values };
  const parameter = (tensor: unknown, name: string, at: string): Parameter => {
    const type = dataTypeOf(tensor, dtype);
    if (type === undefined) {
      const expected = `params${at} to be ${TENSOR}`;
      throw failure(TypeError, 'ERR_TENSOR_TYPE', expected, show(tensor));
    }
    if (isDetached(tensor as Tensor)) {
      const expected = `params${at} to have its memory`;
      throw failure(RangeError, 'ERR_TENSOR_DETACHED', expected, 'a detached buffer');
    }
    const length = lengthOf(tensor as Tensor);
    const { from, wholeLength } = placementOf(tensor as Tensor) ?? { from: 0, wholeLength: length };
    return {
      path: at,
      name,
      tensor: tensor as Tensor,
      type,
      dtype,
      length,
      firstBlock: from / BLOCK,
      spacing: spacingOf(wholeLength),
    };
  };

  const where = options === undefined ? 'params' : `params${path}.params`;
  if (dataTypeOf(tensors, dtype) !== undefined) {
    return { ...shared, shape: 'one', parameters: [parameter(tensors, '0', path)] };
  }
  if (Array.isArray(tensors)) {
    if (tensors.length === 0) throw empty(where, tensors);
    const parameters = Array.from(tensors, (t, i) => parameter(t, `${i}`, `${path}[${i}]`));
    return { ...shared, shape: 'list', parameters };
  }
  if (isRecord(tensors)) {
    const names = Object.keys(tensors);
    if (names.length === 0) throw empty(where, tensors);
    const parameters = names.map((name) => parameter(tensors[name], name, `${path}${dot(name)}`));
    return { ...shared, shape: 'record', parameters };
  }
  const expected = `${where} to be ${TENSOR}, or a list, a record or groups of them`;
  throw failure(TypeError, 'ERR_INVALID_PARAMS', expected, show(tensors));
}

function empty(where: string, tensors: unknown) {
  const expected = `${where} to hold at least one tensor`;
  return failure(TypeError, 'ERR_INVALID_PARAMS', expected, show(tensors));
}

/**
 * Puts gradients into a list, in the order of the parameters. Throws unless they have the shape of the parameters; looks
 * neither at types nor at lengths.
 */
export function collectGradients(params: ParsedParams, gradients: unknown, list: unknown[]) {
  if (!params.grouped) {
    collectGroup(params.groups[0] as ParsedGroup, gradients, list, 0);
    return;
  }
  requireList(gradients, params.groups.length, '');
  let first = 0;
  for (let i = 0; i < params.groups.length; i++) {
    const group = params.groups[i] as ParsedGroup;
    collectGroup(group, gradients[i], list, first);
    first += group.parameters.length;
  }
}

function collectGroup(group: ParsedGroup, gradients: unknown, list: unknown[], first: number) {
  const { parameters, shape, path } = group;
  const count = parameters.length;
  if (shape === 'one') {
    list[first] = gradients;
  } else if (shape === 'list') {
    requireList(gradients, count, path);
    for (let i = 0; i < count; i++) list[first + i] = gradients[i];
  } else {
    if (!isRecord(gradients)) {
      const expected = `grads${path} to be a record, like params${path}`;
      throw failure(TypeError, 'ERR_GRADIENT_NAMES', expected, show(gradients));
    }
    for (let i = 0; i < count; i++) {
      const { name } = parameters[i] as Parameter;
      const gradient = gradients[name];
      if (gradient === undefined) throw otherNames(path, `none for ${show(name)}`);
      list[first + i] = gradient;
    }
    requireNoMore(gradients, group);
  }
}

function requireList(value: unknown, length: number, path: string): asserts value is unknown[] {
  if (!Array.isArray(value)) {
    const expected = `grads${path} to be a list of length ${length}, like params`;
    throw failure(TypeError, 'ERR_GRADIENT_NAMES', expected, show(value));
  }
  if (value.length !== length) {
    const expected = `grads${path} to have length ${length}, like params`;
    throw failure(RangeError, 'ERR_GRADIENT_NAMES', expected, `${value.length}`);
  }
}

/** No name is missing: here only a name too many is looked for. */
function requireNoMore(gradients: object, { parameters, path }: ParsedGroup) {
  let count = 0;
  for (const name in gradients) if (Object.hasOwn(gradients, name)) count++;
  if (count <= parameters.length) return;
  const names = new Set(parameters.map(({ name }) => name));
  const extra = Object.keys(gradients).filter((name) => !names.has(name));
  throw otherNames(path, `also ${extra.map(show).join(', ')}`);
}

function otherNames(path: string, received: string) {
  const expected = `grads${path} to have the names of params${path}, null for none`;
  return failure(TypeError, 'ERR_GRADIENT_NAMES', expected, received);
}
