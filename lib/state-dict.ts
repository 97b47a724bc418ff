import { show } from './errors.js';
import type { Values } from './hyperparameters.js';
import type { Parameter } from './params.js';
import type { AnyRule } from './rule.js';
import {
  type GroupRange,
  matchState,
  type Place,
  requireObject,
  requireSame,
} from './saved-state.js';
import type { SavedCounters, State } from './state.js';
import { isArrayOf, lengthOf, type MemoryArray, memoryTypes } from './tensor.js';

const FORMAT = 1;

/** The state of one tensor. */
export interface TensorState {
  /** Its name in the group: its key in a record, else its place, `'0'`. */
  name: string;
  /** How many times the tensor was updated. */
  step: number;
  /** The numbers that the rule keeps of it, if it keeps any. */
  numbers?: { [name: string]: number };
  /** Copies of the states by name, of the tensor's length; the scales of states of type uint8 stand beside them. */
  state: { [name: string]: MemoryArray };
}

/** All that an optimizer needs to go on where another one stopped: plain data and typed arrays. */
export interface StateDict {
  /** Of this layout: 1. Another one is refused with ERR_STATE_MISMATCH. */
  format: number;
  /** The name of the optimizer's class, `'RMSprop'`: states of another one are refused. */
  rule: string;
  /** What is counted for all tensors together. */
  counters: SavedCounters;
  /** One for each group of the parameters, in their order. */
  groups: {
    /** The value of every option of the rule, those left at their defaults too. */
    options: { [name: string]: unknown };
    /** In the order of the group's parameters. */
    tensors: TensorState[];
  }[];
}

export function writeStateDict(state: State, groups: readonly GroupRange[]): StateDict {
  const { rule, parameters, steps } = state;
  const tensor = (i: number): TensorState => {
    const copies: { [name: string]: MemoryArray } = {};
    for (const { name, values } of state.allArrays(i)) copies[name] = values.slice();
    const { name } = parameters[i] as Parameter;
    const numbers = state.numbersOf(i);
    return { name, step: steps[i] as number, ...(numbers && { numbers }), state: copies };
  };
  return {
    format: FORMAT,
    rule: rule.name,
    counters: state.savedCounters,
    groups: groups.map(({ values, first, end }) => ({
      options: { ...values },
      tensors: Array.from({ length: end - first }, (_, i) => tensor(first + i)),
    })),
  };
}

const dictionary: Place<MemoryArray> = {
  name: 'state',
  statesOf: ({ state }, _group, where) => requireObject(state, where),
  isArrayOf,
  lengthOf,
  nameOf: (type) => memoryTypes[type].name,
  show: (value) => `${show(value)} (JSON does not keep typed arrays)`,
};

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
  const root = requireObject(dict, dictionary.name);
  requireSame(root.format, FORMAT, `${dictionary.name}.format`);
  const saved = matchState(root, dictionary, rule, parameters, groups);
  const { copies, finish } = saved.allocate();
  for (const { from, to } of copies) to.set(from);
  return { state: finish(), values: saved.values };
}
