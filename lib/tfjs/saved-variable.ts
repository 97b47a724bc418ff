import type { TensorState } from '../state-dict.js';

/**
 * What was saved of one variable: how often it was updated, its states by name, and the numbers that the rule keeps of it.
 * Codes may stand in an Int32Array.
 */
export interface SavedVariable {
  readonly step: number;
  readonly numbers?: { readonly [name: string]: number };
  readonly state: { readonly [name: string]: SavedArray };
}

export type SavedArray = TensorState['state'][string] | Int32Array;

/** A name without what tfjs-layers appends to it where the process has a variable of that name already. */
const plain = (name: string) => name.replace(/_\d+$/, '');

/**
 * For each of these variables, the name that its state was saved under: its own; or else the only one that differs from it
 * in nothing but the number at its end, if it is the only variable of which that is true.
 */
export function savedNames(
  variables: readonly string[],
  saved: ReadonlySet<string>,
): Map<string, string> {
  const found = new Map<string, string>();
  const left = new Set(saved);
  for (const name of variables) {
    if (left.delete(name)) found.set(name, name);
  }
  const others = variables.filter((name) => !found.has(name));
  for (const name of others) {
    const alike = (other: string) => plain(other) === plain(name);
    const candidates = [...left].filter(alike);
    if (candidates.length === 1 && others.filter(alike).length === 1) {
      found.set(name, candidates[0] as string);
    }
  }
  return found;
}
