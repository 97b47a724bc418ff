import { engine, type NamedTensorMap, Tensor, util, type Variable } from '@tensorflow/tfjs-core';
import { failure, show } from '../errors.js';
import type { NamedTensor } from './weights.js';

/** What tf.Optimizer takes as gradients. */
export type VariableGradients = NamedTensorMap | NamedTensor[];

/** The gradients that are there, by name. Throws unless each has a variable of its type and shape. */
export function gradientsByName(gradients: VariableGradients): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const [name, tensor] of entries(gradients)) {
    const variable = engine().registeredVariables[name as string];
    if (!variable) throw misnamed('gradients to have names of variables', show(name));
    if (tensor === null || tensor === undefined) continue;
    if (found.has(variable.name)) throw misnamed(`one gradient of ${show(name)}`, 'another one');
    check(variable, tensor);
    found.set(variable.name, tensor);
  }
  return found;
}

function entries(gradients: unknown): (readonly [unknown, unknown])[] {
  if (typeof gradients !== 'object' || gradients === null) {
    throw misnamed(
      'gradients to be tensors by name, or a list of { name, tensor }',
      show(gradients),
    );
  }
  if (!Array.isArray(gradients)) return Object.entries(gradients);
  return gradients.map((gradient: Partial<NamedTensor> | null) => {
    return [gradient?.name, gradient?.tensor] as const;
  });
}

function check(variable: Variable, gradient: unknown): asserts gradient is Tensor {
  const name = show(variable.name);
  if (!(gradient instanceof Tensor)) {
    const expected = `the gradient of ${name} to be a tensor`;
    throw failure(TypeError, 'ERR_TENSOR_TYPE', expected, show(gradient));
  }
  for (const [what, { dtype }] of [
    [name, variable] as const,
    [`the gradient of ${name}`, gradient] as const,
  ]) {
    if (dtype === 'float32') continue;
    const expected = `${what} to be of type float32`;
    throw failure(TypeError, 'ERR_TENSOR_TYPE', expected, show(dtype));
  }
  if (!util.arraysEqual(variable.shape, gradient.shape)) {
    const expected = `the gradient of ${name} to have the shape [${variable.shape}]`;
    throw failure(RangeError, 'ERR_TENSOR_LENGTH', expected, `[${gradient.shape}]`);
  }
  if (gradient.isDisposed) {
    const expected = `the gradient of ${name} to have its memory`;
    throw failure(RangeError, 'ERR_TENSOR_DETACHED', expected, 'a tensor that was disposed of');
  }
}

function misnamed(expected: string, received: string) {
  return failure(TypeError, 'ERR_GRADIENT_NAMES', expected, received);
}
