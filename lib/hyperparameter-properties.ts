import { failure } from './errors.js';
import { checkTogether } from './group-options.js';
import { checkValue, type Hyperparameter, type Values, valuesWith } from './hyperparameters.js';
import type { AnyRule } from './rule.js';
import { checkSelection } from './selection.js';
import type { StepGroup } from './step-group.js';
import { checkStorage } from './storage.js';

/** Gives `target` a property for each of these hyperparameters. */
export function defineHyperparameters(
  target: object,
  names: readonly string[],
  values: () => Values<object>,
  set: (name: string, value: unknown) => void,
) {
  for (const name of names) {
    Object.defineProperty(target, name, {
      enumerable: true,
      get: () => (values() as Record<string, unknown>)[name],
      set: (value: unknown) => set(name, value),
    });
  }
}

/**
 * The groups with another value of one hyperparameter: that of one group, whose number is `chosen`, or those of all. Throws
 * unless each of them can have it.
 */
export function groupsWith(
  rule: AnyRule,
  groups: readonly StepGroup[],
  chosen: number | undefined,
  name: string,
  value: unknown,
): readonly StepGroup[] {
  const begin = chosen ?? 0;
  const old = groups.slice(begin, chosen === undefined ? groups.length : begin + 1);
  const [first] = old as [StepGroup];
  const kept = checkValue(rule.hyperparameters, name, value, `${first.path}.${name}`);
  checkSelection(name, kept, old);
  const own = (rule.hyperparameters as { [name: string]: Hyperparameter<unknown> })[name];
  const changed = [...groups];
  for (const [k, group] of old.entries()) {
    if (own?.initial) {
      const expected = `${group.path}.${name} to be set when the optimizer is made`;
      throw failure(TypeError, 'ERR_READ_ONLY_OPTION', expected, 'a later value');
    }
    const values = valuesWith(group.values, { [name]: kept });
    checkTogether(rule, values, group.path);
    checkStorage(values, group.parameters, group.path);
    changed[begin + k] = group.with(values);
  }
  return changed;
}
