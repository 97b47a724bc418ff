import { keep, scalar, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { Counters, SavedCounters } from '../state.js';
import type { SavedArray, SavedVariable } from './saved-variable.js';

/** A tensor as tf.Optimizer gives and takes it. */
export interface NamedTensor {
  name: string;
  tensor: Tensor;
}

/** What tf.train calls states, in the order in which it saves them. */
export type WeightNames = { readonly [state: string]: string };

/** What an optimizer saves beside its options. */
export interface Saved {
  readonly iterations: number;
  readonly variables: ReadonlyMap<string, SavedVariable>;
  readonly counters: SavedCounters;
}

/** The names of what is saved beside states. */
export const ITERATIONS = 'iter';
export const STEP = 'step';
export const DISTANCE = 'distance';
export const COUNTERS = ['accumulatedCalls', 'goodSteps'] as const satisfies (keyof Counters)[];

const int32 = (value: number) => scalar(value, 'int32');

/** The bits of a float64 number as two of int32. */
const float64 = (value: number) =>
  tensor(new Int32Array(Float64Array.of(value).buffer), [2], 'int32');

/** The number of such bits; of fewer there is none. */
export const readFloat64 = ({ length, buffer }: Float32Array | Int32Array) =>
  length === 2 ? new Float64Array(buffer)[0] : undefined;

/**
 * Saved state as TensorFlow.js keeps it, in tensors that the caller disposes of: the iterations, then for each state that of
 * each variable, `<variable>/<state>`. What tf.train has no like of follows only where it says something: the counters; and
 * `<variable>/step`, where a variable was not updated at every iteration. Numbers that a rule keeps of each variable are in
 * `<variable>/<name>`, and a distance that it estimates, of all variables together, in `distance`, both with all bits.
 */
export function writeWeights(
  { iterations, variables, counters }: Saved,
  names: WeightNames,
  shapeOf: (variable: string) => number[] | undefined,
): NamedTensor[] {
  const weights: NamedTensor[] = [];
  const write = (name: string, tensor: Tensor) => weights.push({ name, tensor: keep(tensor) });
  write(ITERATIONS, int32(iterations));
  const saved = [...variables.values()].flatMap(({ state }) => Object.keys(state));
  for (const kind of new Set([...Object.keys(names), ...saved])) {
    for (const [variable, { state }] of variables) {
      const values = state[kind];
      if (values) write(`${variable}/${names[kind] ?? kind}`, toTensor(values, shapeOf(variable)));
    }
  }
  for (const [variable, { step, numbers = {}, state }] of variables) {
    for (const [name, value] of Object.entries(numbers)) {
      write(`${variable}/${name}`, float64(value));
    }
    const hasState = Object.keys(state).length > 0;
    if (hasState && step !== iterations) write(`${variable}/${STEP}`, int32(step));
  }
  for (const name of COUNTERS) if (counters[name] !== 0) write(name, int32(counters[name]));
  if (counters.distance) write(DISTANCE, float64(counters.distance));
  return weights;
}

/** Codes as int32, which every format of TensorFlow.js keeps. */
function toTensor(values: SavedArray, shape: number[] | undefined): Tensor {
  const fits = shape?.reduce((size, dimension) => size * dimension, 1) === values.length;
  const as = fits ? shape : [values.length];
  if (values instanceof Float32Array) return tensor(values.slice(), as, 'float32');
  return tensor(Int32Array.from(values), as, 'int32');
}
