import { commonStates } from '../common-states.js';
import { show } from '../errors.js';
import { requireInsides } from '../insides.js';
import type { Optimizer } from '../optimizer.js';
import { misfit } from '../saved-state.js';
import type { SavedCounters } from '../state.js';
import type { TensorState } from '../state-dict.js';
import type { MemoryArray } from '../tensor.js';
import { type SavedVariable, savedNames } from './saved-variable.js';

/** The numbers of variables, by the variables' names. */
export type Numbers = { readonly [name: string]: Float32Array };

/** An optimizer of this package, for variables. */
export type Kernel = Optimizer<object, Numbers>;
export type KernelClass = new (numbers: Numbers, options: object) => Kernel;

/** In the place of the variables of an optimizer that has seen none: it has hyperparameters all the same. */
const none: Numbers = { none: new Float32Array(0) };

/**
 * The variables that an optimizer of TensorFlow.js has seen so far, with their states, and states that were loaded for
 * variables that it has not seen yet.
 *
 * An optimizer of this package has the parameters that it was made for, and TensorFlow.js brings variables as training goes
 * on: then there is another optimizer. What goes from the one to the other goes by name, and so does what was loaded.
 */
export class Variables {
  readonly #Class: KernelClass;
  #kernel: Kernel;
  #numbers = none;
  /** How many each variable has: an array that lost its memory does not know. */
  #sizes: ReadonlyMap<string, number> = new Map();
  #loaded: ReadonlyMap<string, SavedVariable> = new Map();
  /** Whether states were loaded of which none has found its variable. */
  #noneFound = false;

  constructor(Class: KernelClass, options: object) {
    this.#Class = Class;
    this.#kernel = new Class(none, options);
  }

  get kernel(): Kernel {
    return this.#kernel;
  }

  /** The names of those that it has seen. */
  get names(): readonly string[] {
    return [...this.#sizes.keys()];
  }

  /**
   * Goes on with these variables, whose numbers lie there: others are forgotten. Throws if a loaded state does not fit, or is of
   * none of them.
   */
  use(numbers: Numbers) {
    const names = Object.keys(numbers);
    const same = names.length === this.names.length && !this.#noneFound;
    if (same && names.every((name) => numbers[name] === this.#numbers[name])) return;
    if (same && names.every((name) => numbers[name]?.length === this.#sizes.get(name))) {
      const inside = requireInsides(this.#kernel, 'optimizer');
      inside.move(inside.parameters().map(({ name }) => numbers[name] as Float32Array));
      this.#numbers = numbers;
      return;
    }
    if (names.length === 0 && !this.#noneFound) {
      this.#go(none, this.#create(none, new Map(), this.#kernel.stateDict().counters));
      return;
    }

    const { variables, counters } = this.#own();
    const seen = names.filter((name) => numbers[name]?.length === this.#sizes.get(name));
    const unseen = names.filter((name) => !seen.includes(name));
    const found = savedNames(unseen, new Set(this.#loaded.keys()));
    if (this.#noneFound && found.size === 0) {
      const expected = `variables of the loaded state, such as ${show([...this.#loaded.keys()][0])}`;
      throw misfit(expected, names.map(show).join(', ') || 'none');
    }
    const states = new Map<string, SavedVariable>();
    for (const name of seen) states.set(name, variables.get(name) as SavedVariable);
    for (const [name, saved] of found) states.set(name, this.#loaded.get(saved) as SavedVariable);
    this.#go(numbers, this.#create(numbers, states, counters));
    const left = new Map(this.#loaded);
    for (const saved of found.values()) left.delete(saved);
    this.#loaded = left;
    this.#noneFound &&= found.size === 0;
  }

  /** Forgets all variables, and goes on from these states when their variables come. */
  load(variables: ReadonlyMap<string, SavedVariable>, counters: SavedCounters) {
    this.#go(none, this.#create(none, new Map(), counters));
    this.#loaded = variables;
    this.#noneFound = variables.size > 0;
  }

  /** The states of all variables, seen or not. */
  save(): { variables: Map<string, SavedVariable>; counters: SavedCounters } {
    const { variables, counters } = this.#own();
    return { variables: new Map([...variables, ...this.#loaded]), counters };
  }

  #go(numbers: Numbers, kernel: Kernel) {
    this.#kernel = kernel;
    this.#numbers = numbers;
    const sizes = Object.entries(numbers).map(([name, { length }]) => [name, length] as const);
    this.#sizes = new Map(numbers === none ? [] : sizes);
  }

  #own() {
    const { groups, counters } = this.#kernel.stateDict();
    const tensors = this.#numbers === none ? [] : (groups[0]?.tensors ?? []);
    return { variables: new Map(tensors.map((tensor) => [tensor.name, tensor])), counters };
  }

  #create(numbers: Numbers, states: ReadonlyMap<string, SavedVariable>, counters: SavedCounters) {
    const [group] = requireInsides(this.#kernel, 'optimizer').groups();
    const kernel = new this.#Class(numbers, { ...group?.values });
    const dict = kernel.stateDict();
    const tensors = dict.groups[0]?.tensors.map((fresh) => {
      const saved = states.get(fresh.name);
      return saved ? restore(fresh, saved) : fresh;
    });
    kernel.loadStateDict({
      ...dict,
      counters: { ...dict.counters, ...counters },
      groups: dict.groups.map((group) => ({ ...group, tensors: tensors ?? [] })),
    });
    return kernel;
  }
}

const optional = commonStates.filter(({ stays }) => stays).map(({ name }) => name);

/** What was saved of a variable, with the states that it needs now. */
function restore(
  { name, state: fresh }: TensorState,
  { step, numbers, state }: SavedVariable,
): TensorState {
  const restored: { [state: string]: MemoryArray } = {};
  for (const [kind, array] of Object.entries(fresh)) {
    const saved = state[kind];
    if (!saved) throw misfit(`weights to have the state ${kind} of ${show(name)}`, 'none');
    const View = array.constructor as unknown as { from(codes: Int32Array): MemoryArray };
    restored[kind] = saved instanceof Int32Array ? View.from(saved) : saved;
  }
  for (const kind of optional) {
    const saved = state[kind];
    if (saved && !(saved instanceof Int32Array)) restored[kind] = saved;
  }
  return { name, step, numbers: { ...numbers }, state: restored };
}
