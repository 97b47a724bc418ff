import { failure, show } from './errors.js';
import { list, type Specification, type Values } from './hyperparameters.js';
import type { Parameter } from './params.js';

/**
 * What holds for some tensors of a group, chosen by their names there (`optimizer.groups[0].params`), by patterns: `*` stands
 * for any text, also for none, everything else for itself. The whole name counts, and capital letters are others than small
 * ones: `'*bias'` chooses `conv.bias`, and not `conv.Bias` or `bias2`.
 *
 * Each pattern has to match a name, ERR_NO_MATCH: of a group, if it is the group's own; of any, if it is for all.
 */
export interface SelectionOptions {
  /**
   * Tensors that weight decay leaves alone, such as `['*bias*', '*norm*']`: they get the bits of `weightDecay: 0`. Default: [].
   * As Keras's `exclude_from_weight_decay`, whose words are found anywhere in a name, and the `mask` of `optax.adamw`; PyTorch
   * takes a group of its own.
   */
  weightDecayExclude?: readonly string[] | undefined;
  /**
   * Tensors that steps leave alone, with their states, averages and counts of steps, as if their gradients were null. What
   * stands for their gradients is not looked at: it may be anything, and is not set to 0 by `zeroGradients`. Default: [].
   * As PyTorch's `requires_grad_(False)` where gradients are None, Keras's `trainable = False`, and `optax.set_to_zero` for some
   * of the labels of `optax.multi_transform`.
   */
  frozen?: readonly string[] | undefined;
}

const patterns = list<string>(
  'a list of patterns of names, which are strings',
  (pattern) => typeof pattern === 'string',
  Object.freeze([]),
);

export const selectionHyperparameters: Specification<SelectionOptions> = {
  weightDecayExclude: patterns,
  frozen: patterns,
};

type SelectionName = keyof SelectionOptions;
const selectionNames = Object.keys(selectionHyperparameters) as SelectionName[];

/** The places of the parameters that a list of patterns chooses, counted from `first`. */
export function select(
  patterns: readonly string[],
  parameters: readonly Parameter[],
  first: number,
): Int32Array {
  const chosen = parameters.flatMap(({ name }, i) =>
    patterns.some((pattern) => matches(pattern, name)) ? [first + i] : [],
  );
  return Int32Array.from(chosen);
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [start, end] = [parts.shift() as string, parts.pop()];
  if (end === undefined) return name === pattern;
  if (!name.startsWith(start)) return false;
  let at = start.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at + end.length <= name.length && name.endsWith(end);
}

/** Options of a group, and its tensors. */
interface Named {
  /** How an error calls it. */
  readonly path: string;
  readonly values: Values<object>;
  readonly parameters: readonly Parameter[];
}

/**
 * Throws if a pattern of groups that are new to an optimizer matches no name. Those that they have from the optimizer's
 * options, `defaults`, need to match in any of its first groups.
 */
export function checkSelections(
  added: readonly Named[],
  defaults: Values<object>,
  areFirst: boolean,
) {
  for (const option of selectionNames) {
    const listOf = (values: Values<object>) => (values as Values<SelectionOptions>)[option];
    const inherited = listOf(defaults);
    for (const own of new Set(added.map(({ values }) => listOf(values)))) {
      if (own === inherited && !areFirst) continue;
      const having = added.filter(({ values }) => listOf(values) === own);
      const where = own === inherited ? 'options' : having[0]?.path;
      requireMatches(own, having, `${where}.${option}`);
    }
  }
}

/** Throws if a new value of an option of these groups is a list of patterns of which one matches no name. */
export function checkSelection(name: string, value: unknown, groups: readonly Named[]) {
  if (!Object.hasOwn(selectionHyperparameters, name)) return;
  requireMatches(value as readonly string[], groups, `${groups[0]?.path}.${name}`);
}

function requireMatches(patterns: readonly string[], groups: readonly Named[], where: string) {
  const names = groups.flatMap(({ parameters }) => parameters.map(({ name }) => name));
  for (const pattern of patterns) {
    if (names.some((name) => matches(pattern, name))) continue;
    const expected = `${where} to have patterns of which each matches the name of a tensor`;
    throw failure(RangeError, 'ERR_NO_MATCH', expected, show(pattern));
  }
}
