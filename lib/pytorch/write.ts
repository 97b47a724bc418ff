import { isDeepStrictEqual } from 'node:util';
import { fileTypes } from '../checkpoint/tensors.js';
import { show } from '../errors.js';
import { encodeJson } from '../json.js';
import type { PyTorchOption } from '../rule.js';
import type { SourceTensor } from '../safetensors/write.js';
import type { GroupRange } from '../saved-state.js';
import type { NamedArray, State } from '../state.js';
import { version } from '../version.js';
import { namesFor, notInPyTorch, untranslated } from './layout.js';

type ByName = { readonly [name: string]: unknown };

/** From here on a float32 that counts steps stands still. */
const MOST_FLOAT32_STEPS = 2 ** 24;

/**
 * What PyTorch needs to go on from this state. The tensors are those of the state itself.
 *
 * @throws RangeError ERR_NOT_IN_PYTORCH
 */
export function writePyTorch(state: State, groups: readonly GroupRange[]) {
  const { rule, parameters, steps, counters } = state;
  const names = namesFor(rule, parameters);
  for (const { option, value, optimizerWide } of untranslated(rule, names)) {
    for (const { values, path } of groups) {
      const own = (values as ByName)[option];
      if (isDeepStrictEqual(own, value)) continue;
      const where = optimizerWide ? 'options' : path;
      throw notInPyTorch(`${where}.${option} to be ${show(value)}, for PyTorch`, show(own));
    }
  }
  const { accumulatedCalls } = counters;
  if (accumulatedCalls > 0) {
    const expected = '0 calls whose gradients are summed and not used yet, for PyTorch';
    throw notInPyTorch(expected, `${accumulatedCalls}`);
  }

  const tensors: SourceTensor[] = [];
  for (const [i, { type, length }] of parameters.entries()) {
    const step = steps[i] as number;
    const arrays = rule.state.flatMap((_, k) => state.arrays(i, k));
    // Most states of a parameter PyTorch makes when it is first updated, and makes them of zeros.
    const isBegun = step > 0 || (names.step && !arrays.every(isZero));
    if (!isBegun && !names.statesFromStart) continue;
    if (names.step) tensors.push(stepTensor(`state.${i}.step`, step));
    for (const [name, value] of Object.entries(state.numbersOf(i) ?? {})) {
      tensors.push(numberTensor(`state.${i}.${names.numbers?.[name]}`, value));
    }
    const dtype = fileTypes[type];
    for (const { name, values } of arrays) {
      tensors.push({ name: `state.${i}.${names.states[name]}`, dtype, shape: [length], values });
    }
  }

  const paramGroups = groups.map(({ values, first, end }) => ({
    ...mapValues(names.options, (option) => inPyTorch(option, values as ByName)),
    ...names.settings,
    params: Array.from({ length: end - first }, (_, i) => first + i),
  }));
  const metadata: { [key: string]: string } = {
    optimizer: rule.name,
    param_groups: encodeJson(paramGroups),
    writer: `rmsprop ${version}`,
  };
  // What PyTorch does not count is counted here all the same.
  if (!names.step) metadata.steps = encodeJson([...steps]);
  return { metadata, tensors };
}

function isZero({ values }: NamedArray): boolean {
  return values.every((x) => Object.is(x, 0));
}

/** A number of steps as PyTorch has it; float64 where float32 could not count on. */
function stepTensor(name: string, step: number): SourceTensor {
  return step < MOST_FLOAT32_STEPS
    ? numberTensor(name, step)
    : { name, dtype: 'F64', shape: [], values: Float64Array.of(step) };
}

function numberTensor(name: string, value: number): SourceTensor {
  return { name, dtype: 'F32', shape: [], values: Float32Array.of(value) };
}

function inPyTorch(option: PyTorchOption, values: ByName): unknown {
  if (typeof option === 'string') return values[option];
  if ('words' in option) return values[option.option] === option.words[1];
  return option.map((name) => values[name]);
}

function mapValues<V, R>(record: { readonly [key: string]: V }, map: (value: V) => R) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
