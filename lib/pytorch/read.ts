import { startAverage } from '../averages.js';
import { inFile } from '../checkpoint/load.js';
import { fileTypes } from '../checkpoint/tensors.js';
import { show } from '../errors.js';
import type { Values } from '../hyperparameters.js';
import type { Parameter } from '../params.js';
import type { AnyRule, PyTorchNames, TensorNumber } from '../rule.js';
import { type Header, sizeOfShape } from '../safetensors/header.js';
import {
  type GroupRange,
  misfit,
  requireArray,
  requireList,
  requireNumber,
  requireSame,
  requireStep,
} from '../saved-state.js';
import { mostOf, neededType, State } from '../state.js';
import { bytesOf, type MemoryArray, type MemoryType } from '../tensor.js';
import { namesFor } from './layout.js';
import { readGroup } from './read-group.js';

type ByName = { readonly [name: string]: unknown };

/**
 * How to read a file: the memory to be filled with its tensors, by name; then, from `finish`, the state and the options of an
 * optimizer with these parameters. Both throw unless everything fits; what they are given stays as it is.
 *
 * @throws TypeError ERR_STATE_MISMATCH, ERR_INVALID_OPTION
 * @throws RangeError ERR_STATE_MISMATCH, ERR_INVALID_OPTION, ERR_CONFLICTING_OPTIONS, ERR_NOT_IN_PYTORCH,
 * ERR_OUT_OF_MEMORY, and from `finish` what is wrong with a parameter of which an average is kept
 */
export function readPyTorch(
  { metadata, tensors }: Header,
  rule: AnyRule,
  parameters: readonly Parameter[],
  groups: readonly GroupRange[],
) {
  const names = namesFor(rule, parameters);
  requireSame(metadata.get('optimizer'), rule.name, 'metadata.optimizer');
  const saved = requireList(parse(metadata, 'param_groups'), 'param_groups', groups.length);
  const values = groups.map((g, i) => readGroup(saved[i], `param_groups[${i}]`, g, rule, names));
  const valuesOf = groups.flatMap(({ first, end }, g) =>
    parameters.slice(first, end).map(() => values[g] as Values<object>),
  );
  requireKnown(tensors, names, parameters.length);
  const found = parameters.map((parameter, i) =>
    findTensors(tensors, `state.${i}`, parameter, rule, valuesOf[i] as Values<object>, names),
  );
  const steps = names.step ? undefined : stepsWithout(metadata, found);

  // What this optimizer sums and averages goes on beside the rule's states, of which alone the file has any.
  const state = new State(rule, parameters, (i, k) => {
    const { type } = parameters[i] as Parameter;
    return found[i]?.types[k] ?? neededType(rule, k, type, valuesOf[i] as Values<object>);
  });
  const targets = new Map<string, Uint8Array>();
  for (const [i, { states, step, numbers }] of found.entries()) {
    for (const { name, values } of step ? [step, ...numbers] : numbers) {
      targets.set(name, bytesOf(values));
    }
    for (const [k, name] of states.entries()) {
      const [array] = state.arrays(i, k);
      if (name !== undefined && array) targets.set(name, bytesOf(array.values));
    }
  }
  const finish = () => {
    for (const [i, { step, numbers }] of found.entries()) {
      state.steps[i] = step ? requireStep(step.values[0], step.name) : (steps?.[i] ?? 0);
      for (const [k, { name, values }] of numbers.entries()) {
        const own = rule.numbers?.kept[k] as TensorNumber;
        const value = requireNumber(own, Math.fround(values[0] as number), name);
        state.numbers[i * numbers.length + k] = value;
      }
      if (state.steps[i] !== 0) startAverage(state, i);
    }
    state.counters.updates = mostOf(state.steps);
    return { state, values };
  };
  return { targets, finish };
}

function parse(metadata: Header['metadata'], key: string): unknown {
  const text = metadata.get(key);
  if (text === undefined) throw misfit(`metadata.${key} to be there`, 'none');
  try {
    return JSON.parse(text);
  } catch {
    throw misfit(`metadata.${key} to be JSON`, show(text));
  }
}

/** Throws if there is a tensor that is no state of a parameter. */
function requireKnown(
  tensors: Header['tensors'],
  { states, step, numbers = {} }: PyTorchNames<object>,
  count: number,
) {
  const kinds = [
    ...(step ? ['step'] : []),
    ...Object.values(numbers),
    ...Object.values<string>(states),
  ];
  for (const name of tensors.keys()) {
    const [, index, kind] = /^state\.(0|[1-9]\d{0,9})\.(\w+)$/.exec(name) ?? [];
    if (kind !== undefined && kinds.includes(kind) && Number(index) < count) continue;
    const expected = `only tensors state.0 to state.${count - 1} with ${kinds.join(', ')}`;
    throw misfit(expected, show(name));
  }
}

/** What a file has of one parameter. */
interface Found {
  /** The type of the k-th state, if it is needed or there. */
  readonly types: readonly (MemoryType | undefined)[];
  /** Its name, if it is there. */
  readonly states: readonly (string | undefined)[];
  /** The number of steps, if it is there. */
  readonly step: FoundNumber | undefined;
  /** The rule's numbers, if the parameter was updated. */
  readonly numbers: readonly FoundNumber[];
}

/** A tensor of one number, and room for it. */
interface FoundNumber {
  readonly name: string;
  readonly values: MemoryArray;
}

function findTensors(
  tensors: Header['tensors'],
  at: string,
  { type, length, path }: Parameter,
  rule: AnyRule,
  h: Values<object>,
  names: PyTorchNames<object>,
): Found {
  const keys = rule.state.map(({ name }) => `${at}.${(names.states as ByName)[name]}`);
  const needed = keys.map((_, k) => neededType(rule, k, type, h) !== undefined);
  const stepKey = `${at}.step`;
  const used = names.statesFromStart || [...keys, stepKey].some((key) => tensors.has(key));

  const states = keys.map((key, k) => {
    const info = tensors.get(key);
    if (!info && !(used && needed[k])) return undefined;
    requireArray(inFile, info, fileTypes[type], length, key, `params${path}`);
    return key;
  });
  const types = keys.map((_, k) => (needed[k] || states[k] !== undefined ? type : undefined));
  const step = used && names.step ? findNumber(tensors, stepKey) : undefined;
  const kept = used ? (rule.numbers?.kept ?? []) : [];
  const numbers = kept.map(({ name }) => findNumber(tensors, `${at}.${names.numbers?.[name]}`));
  return { types, states, step, numbers };
}

function findNumber(tensors: Header['tensors'], name: string): FoundNumber {
  const info = tensors.get(name);
  if (!info) throw misfit(`${name} to be there`, 'none');
  if (sizeOfShape(info.shape) !== 1) {
    throw misfit(`${name} to be one number`, `the shape [${info.shape.join(', ')}]`);
  }
  // float64 where that is PyTorch's default type.
  if (info.dtype === 'F32') return { name, values: new Float32Array(1) };
  if (info.dtype === 'F64') return { name, values: new Float64Array(1) };
  throw misfit(`${name} to be F32 or F64`, info.dtype);
}

/** Numbers of steps of a rule for which PyTorch has none: as this package wrote them, or such that a state was begun. */
function stepsWithout(metadata: Header['metadata'], found: readonly Found[]): number[] {
  const begun = found.map(({ states }) => states.some((name) => name !== undefined));
  if (!metadata.has('steps')) return begun.map(Number);
  const steps = requireList(parse(metadata, 'steps'), 'metadata.steps', found.length);
  return steps.map((step, i) => {
    const where = `metadata.steps[${i}]`;
    const count = requireStep(step, where);
    const { types } = found[i] as Found;
    if (types.some((type) => type) && begun[i] !== count > 0) {
      throw misfit(`${where} to be ${begun[i] ? 'above 0' : '0'}, as state.${i} says`, show(count));
    }
    return count;
  });
}
