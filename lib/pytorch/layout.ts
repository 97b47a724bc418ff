import { failure } from '../errors.js';
import type { Hyperparameter } from '../hyperparameters.js';
import type { Parameter } from '../params.js';
import type { AnyRule, PyTorchNames, PyTorchOption } from '../rule.js';
import { memoryTypes } from '../tensor.js';

// A file of what `optimizer.state_dict()` gives in PyTorch: tensors state.<index>.<name>, the index counted over all groups;
// as metadata the class, `optimizer`, and as JSON the groups, `param_groups`. PyTorch's side of it is
// python/optimizer_state.py; the names that PyTorch has for a rule's options and states stand with the rule.

/** How PyTorch keeps the states of such tensors. */
export const stateTypeThere = { stateType: 'float32' };

/**
 * Options that are not in such a file, and need not be: without what is refused, no number depends on them. Norms are only
 * measured, a loss scale that is not dynamic does not grow, and nothing is rounded to 16 bits or fewer.
 */
const withoutEffect = ['measureNorms', 'lossScaleGrowthInterval', 'dtype', 'masterCopy', 'seed'];

/** An option that no key of PyTorch's sets, and the value that PyTorch behaves like. */
interface Untranslated {
  readonly option: string;
  readonly value: unknown;
  readonly optimizerWide: boolean;
}

/**
 * All of them that numbers depend on. PyTorch has none of what happens around a rule, such as clipping: there, as where
 * nobody sets these options here, nothing happens.
 */
export function untranslated({ hyperparameters }: AnyRule, names: PyTorchNames<object>) {
  const inFile = new Set([...Object.values(names.options).flatMap(optionsOf), ...withoutEffect]);
  const all = Object.entries(hyperparameters as { [name: string]: Hyperparameter<unknown> });
  return all.flatMap(([option, own]): Untranslated[] => {
    if (inFile.has(option)) return [];
    const fixed = names.fixed as { [name: string]: unknown };
    const value = Object.hasOwn(fixed, option) ? fixed[option] : own.default;
    return [{ option, value, optimizerWide: own.optimizerWide === true }];
  });
}

function optionsOf(own: PyTorchOption): readonly string[] {
  if (typeof own === 'string') return [own];
  return 'words' in own ? [own.option] : own;
}

/** What PyTorch calls what belongs to a rule. Throws if it has no such rule, or not for such tensors. */
export function namesFor(
  { name, pytorch }: AnyRule,
  parameters: readonly Parameter[],
): PyTorchNames<object> {
  if (!pytorch) throw notInPyTorch('a rule that PyTorch has', name);
  for (const { type, path } of parameters) {
    // With 16 bits PyTorch keeps the states in 16 bits, too, and rounds otherwise.
    if (type === 'float32' || type === 'float64') continue;
    const expected = `params${path} to be a Float32Array or a Float64Array, for PyTorch`;
    throw notInPyTorch(expected, memoryTypes[type].name);
  }
  return pytorch;
}

export function notInPyTorch(expected: string, received: string) {
  return failure(RangeError, 'ERR_NOT_IN_PYTORCH', expected, received);
}
