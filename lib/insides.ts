import { failure, show } from './errors.js';
import type { Values } from './hyperparameters.js';
import type { Parameter } from './params.js';
import type { Pieces } from './pieces.js';
import type { AnyRule } from './rule.js';
import type { State } from './state.js';
import type { StepResult } from './step-control.js';
import type { StepGroup } from './step-group.js';
import type { Tensor } from './tensor.js';

/** What checkpoints and what else works on an optimizer need of it, and its users do not see. */
export interface Insides {
  readonly rule: AnyRule;
  parameters(): readonly Parameter[];
  groups(): readonly StepGroup[];
  /** Begins with work when all that was asked for before is over; `call` is how an error calls it. */
  takeTurn<T>(call: string, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** Takes a turn for something that will replace state and hyperparameters. */
  takeTurnToLoad<T>(
    call: string,
    load: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T>;
  /** The groups with the hyperparameters that hold for what is asked for now; to be called when it has its turn. */
  groupsOfNow(): () => readonly StepGroup[];
  /** Makes a step with the hyperparameters of these groups, as `stepAsync` does, within a turn that was taken before. */
  stepInTurn(
    gradients: unknown,
    groups: readonly StepGroup[],
    signal: AbortSignal | undefined,
  ): Promise<StepResult>;
  /** The gradients as a list, in the order of the parameters; throws unless they have the shape of these. */
  collect(gradients: unknown): unknown[];
  /**
   * Begins a step that is made piece by piece, with the hyperparameters of these groups, within a turn.
   *
   * @param gradients null for the tensors that it leaves alone; becomes null for frozen ones
   * @param whole the tensors that the optimizer has pieces of
   */
  beginPieces(
    gradients: unknown[],
    groups: readonly StepGroup[],
    whole: readonly Parameter[],
  ): Pieces;
  /** The state as it is now. */
  state(): State;
  /**
   * Goes on with parameters that now lie in other memory: tensors of the same types and lengths, in their order.
   *
   * @throws RangeError ERR_OPTIMIZER_BUSY, ERR_TENSOR_OVERLAP and whatever else is wrong with memory; nothing has changed
   */
  move(tensors: readonly Tensor[]): void;
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

/** Throws for what is no optimizer of this copy of the package; `where` is how an error calls it. */
export function requireInsides(optimizer: unknown, where: string): Insides {
  const insides = insidesOf(optimizer);
  if (insides) return insides;
  const expected = `${where} to be an optimizer of this package`;
  throw failure(TypeError, 'ERR_INVALID_OPTION', expected, show(optimizer));
}
