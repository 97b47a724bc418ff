import type { Values } from './hyperparameters.js';
import type { Parameter } from './params.js';
import type { AnyRule } from './rule.js';
import type { GroupRange } from './saved-state.js';
import type { State } from './state.js';

/** What checkpoints need of an optimizer, and its users do not see. */
export interface Insides {
  readonly rule: AnyRule;
  readonly parameters: readonly Parameter[];
  groups(): readonly GroupRange[];
  /** Begins with work when all that was asked for before is over. */
  takeTurn<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** Takes a turn for something that will replace state and hyperparameters. */
  takeTurnToLoad<T>(load: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** The groups with the hyperparameters that hold for what is asked for now; to be called when it has its turn. */
  groupsOfNow(): () => readonly GroupRange[];
  /** The state as it is now. */
  state(): State;
  /** Goes on from this state with these options. Cannot fail. */
  replace(state: State, values: readonly Values<object>[]): void;
}

const all = new WeakMap<object, Insides>();

export function shareInsides(optimizer: object, insides: Insides) {
  all.set(optimizer, insides);
}

/** Undefined for what is no optimizer of this copy of the package. */
export function insidesOf(optimizer: unknown): Insides | undefined {
  return all.get(optimizer as object);
}
