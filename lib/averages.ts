import type { Values } from './hyperparameters.js';
import type { ParameterOptions } from './parameter.js';
import type { Parameter } from './params.js';
import type { RuleAverage } from './rule.js';
import type { GroupRange } from './saved-state.js';
import { allocate, type State, stateNames } from './state.js';
import {
  byteLengthOf,
  bytesOf,
  type DataType,
  isDetached,
  memoryOf,
  type Tensor,
} from './tensor.js';
import { codecs, decode, decodeBesideCopy, encode } from './types/codecs.js';

/** Whether an average of any parameter is kept. */
export function hasAverages(state: State): boolean {
  if (state.rule.average) return true;
  return state.parameters.some((_, i) => averageOf(state, i) !== undefined);
}

/**
 * Puts averages in the place of the parameters that have been updated. Returns what puts the parameters back, but for those
 * whose memory is gone.
 */
export function swapInAverages(state: State, groups: readonly GroupRange[]): () => void {
  const { parameters, steps } = state;
  const averaged = groups.flatMap(({ values, first, end }) =>
    parameters.slice(first, end).flatMap((parameter, k) => {
      const i = first + k;
      if (steps[i] === 0 || !(averageOf(state, i) || state.rule.average)) return [];
      return { ...parameter, average: averageOf(state, i) ?? averageOfRule(state, i, values) };
    }),
  );
  const total = averaged.reduce((sum, { tensor }) => sum + byteLengthOf(tensor), 0);
  const aside = new Uint8Array(allocate(total, 'the parameters'));
  let end = 0;
  const swapped = averaged.map(({ tensor, type, average }) => {
    const kept = aside.subarray(end, end + byteLengthOf(tensor));
    end += kept.length;
    kept.set(bytesOf(tensor));
    encode(average, tensor, type);
    return { tensor, kept };
  });
  return () => {
    for (const { tensor, kept } of swapped) {
      if (!isDetached(tensor)) bytesOf(tensor).set(kept);
    }
  };
}

/** Sets the average of a tensor, if one is kept, to what the tensor is. */
export function startAverage(state: State, i: number) {
  state.start(i, rankOf(state, 'parameterAverage'), {});
}

/** The average that the rule itself makes the parameters of, within their bounds. */
function averageOfRule(state: State, i: number, h: Values<object>): Float32Array | Float64Array {
  const { lowerBound, upperBound } = h as Values<ParameterOptions>;
  const { name, weight } = state.rule.average as RuleAverage<object>;
  const values = parameterOf(state, i);
  const other = new (values.constructor as Float64ArrayConstructor)(values.length);
  for (const { type, values: own } of state.arrays(i, rankOf(state, name))) {
    decode(own as Tensor, type as DataType, other);
  }
  const w = weight(h);
  for (let k = 0; k < values.length; k++) {
    const p = values[k] as number;
    const average = p + w * ((other[k] as number) - p);
    values[k] = Math.min(Math.max(average, lowerBound), upperBound);
  }
  return values;
}

/** A parameter as the next step will see it: the float32 copy of one of 16 bits, unless somebody has written to it since. */
function parameterOf(state: State, i: number): Float32Array | Float64Array {
  const { tensor, type, length } = state.parameters[i] as Parameter;
  const values = type === 'float64' ? new Float64Array(length) : new Float32Array(length);
  decode(tensor, type, values);
  if (type !== 'bfloat16' && type !== 'float16') return values;
  const codes = memoryOf(tensor, type);
  for (const { values: copy } of state.arrays(i, rankOf(state, 'masterCopy'))) {
    for (let k = 0; k < length; k++) {
      values[k] = decodeBesideCopy(codecs[type], codes[k] as number, copy[k] as number);
    }
  }
  return values;
}

function averageOf(state: State, i: number) {
  return state.arrays(i, rankOf(state, 'parameterAverage'))[0]?.values;
}

function rankOf({ rule }: State, name: string): number {
  return stateNames(rule).indexOf(name);
}
