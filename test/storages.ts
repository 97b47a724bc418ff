import type { Values } from '../lib/hyperparameters.js';
import type { AnyRule } from '../lib/rule.js';
import type { StorageOptions } from '../lib/storage.js';
import type { Tensor } from '../lib/tensor.js';
import { bfloat16 } from '../lib/types/bfloat16.js';
import { float16 } from '../lib/types/float16.js';
import { NEAREST } from '../lib/types/rounding.js';
import { type Options, variants } from './variants.js';

/** Every way to store parameters and states that is not all float32. */
export const storages: Omit<Values<StorageOptions>, 'seed'>[] = (
  ['array', 'bfloat16', 'float16'] as const
).flatMap((dtype) =>
  (['float32', 'bfloat16', 'uint8'] as const).flatMap((stateType) =>
    (dtype === 'array' ? [false] : [false, true])
      .filter(() => dtype !== 'array' || stateType !== 'float32')
      .map((masterCopy) => ({ dtype, stateType, masterCopy })),
  ),
);

export type Storage = (typeof storages)[number];

/** A tensor of the storage's data type, at an odd offset. */
export function tensorOf({ dtype }: Storage, length: number, value: (i: number) => number): Tensor {
  if (dtype === 'array') {
    return new Float32Array(new ArrayBuffer(4 * length + 4), 4).map((_, i) => value(i));
  }
  const { encode } = { bfloat16, float16 }[dtype];
  return new Uint16Array(new ArrayBuffer(2 * length + 6), 6, length).map((_, i) =>
    encode(Math.fround(value(i)), NEAREST),
  );
}

/** A copy of a tensor, at its offset. */
export function copyOf(tensor: Tensor): Tensor {
  const View = tensor.constructor as Float32ArrayConstructor;
  return new View(tensor.buffer.slice(0) as ArrayBuffer, tensor.byteOffset, tensor.length);
}

/** The same as a function that makes tensors, which is called once for all the same arguments: then there are copies. */
export function copies<Arguments extends unknown[]>(make: (...values: Arguments) => Tensor) {
  const made = new Map<string, Tensor>();
  return (...values: Arguments): Tensor => {
    const key = values.join(' ');
    const known = made.get(key) ?? make(...values);
    made.set(key, known);
    return copyOf(known);
  };
}

/** Whether a variant of a rule can be stored so. */
export function possible(variant: Options, { stateType }: Storage) {
  const needsWide = variant.centered || 'stepMax' in variant;
  if (needsWide) return stateType === 'float32';
  return !('warmUpSteps' in variant && stateType === 'uint8');
}

/** The ways to store what any variant of a rule needs. */
export function storagesOf(rule: AnyRule): Storage[] {
  return storages.filter((storage) => variants(rule).some((variant) => possible(variant, storage)));
}
