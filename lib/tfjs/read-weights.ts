import { Tensor } from '@tensorflow/tfjs-core';
import { show } from '../errors.js';
import type { AnyRule } from '../rule.js';
import { misfit, requireList, requireObject, requireStep } from '../saved-state.js';
import { sizeNames } from '../sizes.js';
import { partsOf, type SavedCounters, stateNames } from '../state.js';
import type { SavedArray, SavedVariable } from './saved-variable.js';
import {
  COUNTERS,
  DISTANCE,
  ITERATIONS,
  readFloat64,
  type Saved,
  STEP,
  type WeightNames,
} from './weights.js';

type Values = Float32Array | Int32Array;

/**
 * What named tensors hold, copied. Throws unless they are the iterations and states of this rule, be they written by
 * `writeWeights` or by tf.train.
 */
export async function readWeights(
  weights: unknown,
  names: WeightNames,
  rule: AnyRule,
): Promise<Saved> {
  const own = new Map<string, Values>();
  const ofVariables = new Map<string, Map<string, Values>>();
  for (const [i, weight] of requireList(weights, 'weights').entries()) {
    const { name, tensor } = requireObject(weight, `weights[${i}]`);
    if (typeof name !== 'string' || !(tensor instanceof Tensor)) {
      const received = `${show(tensor)} named ${show(name)}`;
      throw misfit(`weights[${i}] to be a tensor with a name`, received);
    }
    const slash = name.lastIndexOf('/');
    const variable = name.slice(0, Math.max(slash, 0));
    const values = slash > 0 ? (ofVariables.get(variable) ?? new Map<string, Values>()) : own;
    if (slash > 0) ofVariables.set(variable, values);
    values.set(name.slice(slash + 1), ((await tensor.data()) as Values).slice());
  }

  const iterations = own.get(ITERATIONS);
  if (!iterations) throw misfit(`weights to have ${ITERATIONS}`, 'none');
  const updates = requireStep(iterations[0], ITERATIONS);
  const counters: SavedCounters = { accumulatedCalls: 0, goodSteps: 0, updates };
  for (const name of COUNTERS) counters[name] = requireStep(own.get(name)?.[0] ?? 0, name);
  const known: string[] = [ITERATIONS, ...COUNTERS];
  const distance = own.get(DISTANCE);
  if (rule.estimatesDistance) known.push(DISTANCE);
  if (distance) counters.distance = readFloat64(distance) as number;
  const unknown = [...own.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw misnamed(unknown, kindsOf(rule, names));
  const variables = new Map<string, SavedVariable>();
  for (const [variable, values] of ofVariables) {
    variables.set(variable, readVariable(variable, values, updates, names, rule));
  }
  return { iterations: updates, variables, counters };
}

function readVariable(
  variable: string,
  values: ReadonlyMap<string, Values>,
  iterations: number,
  names: WeightNames,
  rule: AnyRule,
): SavedVariable {
  const kinds = kindsOf(rule, names);
  const kept = new Set<string>(sizeNames);
  for (const { name } of rule.numbers?.kept ?? []) kept.add(name);
  const numbers: Record<string, number> = {};
  const state: Record<string, SavedArray> = {};
  let step = iterations;
  for (const [name, own] of values) {
    const kind = kinds.get(name);
    if (name === STEP) step = requireStep(own[0], `${variable}/${STEP}`);
    else if (kind !== undefined) state[kind] = own;
    else if (!kept.has(name)) throw misnamed(`${variable}/${name}`, kinds);
    // What is no number is refused by the rule.
    else numbers[name] = readFloat64(own) as number;
  }
  return { step, numbers, state };
}

/** The states that a variable of this rule can have, by the names in weights. */
function kindsOf(rule: AnyRule, names: WeightNames): Map<string, string> {
  const states = stateNames(rule).flatMap((name) =>
    partsOf(name, 'uint8', { length: 1, spacing: 1 }),
  );
  return new Map(states.map(({ name }) => [names[name] ?? name, name]));
}

function misnamed(name: string, kinds: ReadonlyMap<string, string>) {
  return misfit(`weights to be <variable>/<one of ${[...kinds.keys()].join(', ')}>`, show(name));
}
