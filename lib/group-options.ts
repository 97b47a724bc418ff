import { checkCommonOptions } from './common-options.js';
import { failure } from './errors.js';
import {
  optimizerWideNames,
  readOptions,
  type Specification,
  type Values,
} from './hyperparameters.js';
import type { AnyRule } from './rule.js';

/**
 * The options of a group, or those of an optimizer whose parameters are no list of groups, with defaults for those that are
 * not given. Throws if one is wrong, or if a group of a list has one that holds for all groups.
 */
export function readGroupOptions(
  rule: AnyRule,
  own: unknown,
  where: string,
  defaults: Values<object>,
): Values<object> {
  if (where !== 'options') requireNoneOptimizerWide(rule, own, where);
  const values = readOptions(rule.hyperparameters as Specification<object>, own, where, defaults);
  checkTogether(rule, values, where);
  return values;
}

/** Throws if options of a group, each good in itself, do not go together. */
export function checkTogether(rule: AnyRule, values: Values<object>, where: string) {
  checkCommonOptions(values, where);
  rule.check?.(values, where);
}

function requireNoneOptimizerWide(rule: AnyRule, options: unknown, where: string) {
  for (const name of optimizerWideNames(rule.hyperparameters)) {
    if (typeof options !== 'object' || options === null || !(name in options)) continue;
    const expected = `${where} to have no ${name}, which holds for all groups`;
    throw failure(TypeError, 'ERR_UNKNOWN_OPTION', expected, 'one');
  }
}
