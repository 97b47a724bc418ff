import type { Values } from './hyperparameters.js';
import type { Parameter } from './params.js';
import type { AnyRule } from './rule.js';
import { neededType, State, stateNames } from './state.js';
import type { StepGroup } from './step-group.js';
import type { DataType, MemoryType } from './tensor.js';

/** Whether the groups need the states that they needed before, when there were as many. */
export function needTheSame(
  rule: AnyRule,
  state: State,
  before: readonly StepGroup[],
  now: readonly StepGroup[],
): boolean {
  const ranks = [...stateNames(rule).keys()];
  const isSame = (old: StepGroup, { values, types }: StepGroup) => {
    const needed = (h: Values<object>, rank: number, type: DataType) =>
      neededType(rule, rank, type, h, state.counters);
    return ranks.every((rank) =>
      types.every((type) => needed(values, rank, type) === needed(old.values, rank, type)),
    );
  };
  return now.every((group, k) => group === before[k] || isSame(before[k] as StepGroup, group));
}

/** A state with all that these groups need, and all that the old one holds: the old one itself, if that is enough. */
export function extendState(
  rule: AnyRule,
  old: State | undefined,
  groups: readonly StepGroup[],
  parameters: readonly Parameter[],
): State {
  const ranks = [...stateNames(rule).keys()];
  const types: (MemoryType | undefined)[][] = [];
  for (const { values, first, end } of groups) {
    for (const [i, { type }] of parameters.slice(first, end).entries()) {
      const kept = old?.slots[first + i];
      const needed = (k: number) => neededType(rule, k, type, values, old?.counters);
      types.push(ranks.map((k) => kept?.[k]?.type ?? needed(k)));
    }
  }
  const same = (k: number, i: number) => types[i]?.[k] === old?.slots[i]?.[k]?.type;
  const isEnough = old?.parameters.length === parameters.length;
  if (old && isEnough && types.every((_, i) => ranks.every((k) => same(k, i)))) return old;

  const state = new State(rule, parameters, (i, k) => types[i]?.[k]);
  for (const { values, first, end } of groups) {
    for (let i = first; i < end; i++) {
      for (const k of ranks) if (!old?.slots[i]?.[k]) state.start(i, k, values);
    }
  }
  if (old) state.copy(old);
  return state;
}
