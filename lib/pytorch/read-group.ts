import { failure, show } from '../errors.js';
import { checkValue, type Hyperparameter, type Values } from '../hyperparameters.js';
import type { AnyRule, PyTorchNames } from '../rule.js';
import {
  type GroupRange,
  misfit,
  requireList,
  requireObject,
  requireSame,
} from '../saved-state.js';
import { stateTypeThere } from './layout.js';

/** Keys of parameter groups that mean nothing to a step: names, and what PyTorch's schedulers keep there. */
const notes = [
  'param_names',
  'initial_lr',
  'min_lr',
  'max_lr',
  'base_momentum',
  'max_momentum',
  'swa_lr',
];

/** The options of a group: those that the file has, those that PyTorch always has, and of the group's own what is left. */
export function readGroup(
  saved: unknown,
  at: string,
  { values: own, first, end }: GroupRange,
  rule: AnyRule,
  names: PyTorchNames<object>,
): Values<object> {
  const group = requireObject(saved, at);
  const known = [...Object.keys(names.options), ...Object.keys(names.settings), 'params', ...notes];
  const extra = Object.keys(group).find((key) => !known.includes(key));
  if (extra !== undefined) throw misfit(`${at} to have only ${known.join(', ')}`, show(extra));

  const params = requireList(group.params, `${at}.params`, end - first);
  for (const [i, id] of params.entries()) requireSame(id, first + i, `${at}.params[${i}]`);

  const values = { ...own, ...names.fixed, ...stateTypeThere } as { [name: string]: unknown };
  const set = (option: string, value: unknown, where: string) => {
    checkValue(rule.hyperparameters, option, value, where);
    values[option] = value;
  };
  for (const [key, option] of Object.entries(names.options)) {
    const where = `${at}.${key}`;
    const value = Object.hasOwn(group, key) ? group[key] : undefined;
    if (typeof option === 'string') {
      set(option, value ?? absent(rule, option, where), where);
    } else if ('words' in option) {
      if (typeof (value ?? false) !== 'boolean') {
        throw failure(TypeError, 'ERR_INVALID_OPTION', `${where} to be true or false`, show(value));
      }
      set(option.option, option.words[value ? 1 : 0], where);
    } else {
      const elements = requireList(value, where, option.length);
      for (const [i, name] of option.entries()) set(name, elements[i], `${where}[${i}]`);
    }
  }
  rule.check?.(values, at);
  return values;
}

/** PyTorch takes a choice that an older version did not have yet as false. */
function absent({ hyperparameters }: AnyRule, option: string, where: string) {
  const { type } = (hyperparameters as { [name: string]: Hyperparameter<unknown> })[option] ?? {};
  if (type === 'boolean') return false;
  throw misfit(`${where} to be there`, 'none');
}
