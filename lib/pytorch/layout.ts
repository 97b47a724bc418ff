import { failure } from '../errors.js';
import type { Parameter } from '../params.js';
import type { AnyRule, PyTorchNames } from '../rule.js';
import { selectionHyperparameters } from '../selection.js';
import { memoryTypes } from '../tensor.js';

// A file of what `optimizer.state_dict()` gives in PyTorch: tensors state.<index>.<name>, the index counted over all groups;
// as metadata the class, `optimizer`, and as JSON the groups, `param_groups`. PyTorch's side of it is
// python/optimizer_state.py; the names that PyTorch has for a rule's options and states stand with the rule.

/** What PyTorch does whatever the rule. */
export const fixedForAll = {
  stateType: 'float32',
  accumulationSteps: 1,
  averageDecay: 0,
  weightDecayExclude: selectionHyperparameters.weightDecayExclude.default,
};

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
