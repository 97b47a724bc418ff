import { failure, show } from './errors.js';
import {
  boolean,
  initially,
  integer,
  oneOf,
  type Specification,
  type Values,
} from './hyperparameters.js';
import type { ParameterOptions } from './parameter.js';
import type { Parameter } from './params.js';
import type { DataType, MemoryType } from './tensor.js';
import { codecs } from './types/codecs.js';
import { NEAREST } from './types/rounding.js';

/** How the numbers of an optimizer lie in memory. */
export interface StorageOptions {
  /**
   * Of what type the rule's states are, for parameters that are not Float64Array. Arithmetic is float32 all the same:
   * states are widened as they are read, and rounded as they are written, up or down at random so that the mean is kept (to
   * the nearest, small changes would be lost for ever).
   *
   * - `'float32'`: 4 bytes a number.
   * - `'bfloat16'`: 2 bytes; 8 significant bits.
   * - `'uint8'`: 1 byte, and 4 for each 256; a scale for 256 numbers, 4 bits of exponent and 4 of fraction, or, where
   *   numbers have signs, 3 and the sign. In a block, averages of squares are at least 2^-18 of the largest, if they are
   *   not 0; numbers with signs that are smaller than that are often 0.
   *
   * Default: `'float32'`. Set when the optimizer is made. Neither PyTorch nor TensorFlow has it; bitsandbytes' 8-bit
   * optimizers are close (Dettmers et al., arXiv:2110.02861).
   */
  stateType?: 'float32' | 'bfloat16' | 'uint8' | undefined;
  /**
   * What Uint16Array parameters and gradients hold: `'bfloat16'` or `'float16'`. With `'array'` they are no tensors.
   * Float16Array, where there is one, needs no such word. Default: `'array'`. Set when the optimizer is made.
   */
  dtype?: 'array' | 'bfloat16' | 'float16' | undefined;
  /**
   * Keeps a float32 copy of bfloat16 and float16 parameters, which the step updates and then rounds to the parameters, to
   * the nearest. Without it they are rounded at random, so that the mean is kept. A parameter that was written to since the
   * last step is taken over into the copy. Default: false. Set when the optimizer is made.
   */
  masterCopy?: boolean | undefined;
  /**
   * Seed of the random bits for rounding. They depend on the seed, the count of steps, the tensor's place and the element's,
   * and on nothing else. Domain: integers from 0 to 2^32 - 1. Default: 0.
   */
  seed?: number | undefined;
}

export const storageHyperparameters: Specification<StorageOptions> = {
  stateType: initially(oneOf('float32', 'bfloat16', 'uint8')),
  dtype: initially(oneOf('array', 'bfloat16', 'float16')),
  masterCopy: initially(boolean(false)),
  seed: integer(0, 2 ** 32 - 1),
};

type Storage = Values<StorageOptions>;

/** The type of the rule's states for a parameter of this type. */
export function stateTypeOf(type: DataType, h: Values<object>): MemoryType {
  return type === 'float64' ? 'float64' : (h as Storage).stateType;
}

/** Whether a parameter of this type gets a float32 copy. */
export function hasMasterCopy(type: DataType, h: Values<object>): boolean {
  return (h as Storage).masterCopy && (type === 'bfloat16' || type === 'float16');
}

/** Throws if these parameters cannot be stored like this, or if their type has no numbers for the options. */
export function checkStorage(h: Values<object>, parameters: readonly Parameter[], where: string) {
  const { stateType } = h as Storage;
  const wide = parameters.find(({ type }) => type === 'float64');
  if (stateType !== 'float32' && wide) {
    const expected = `${where}.stateType to be 'float32' for params${wide.path}`;
    const received = `'${stateType}' for a Float64Array`;
    throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, received);
  }
  for (const name of ['lowerBound', 'upperBound'] as const) {
    const bound = (h as Values<ParameterOptions>)[name];
    // A bound is rounded to the parameter's type: one that became infinite would be none, or make parameters infinite.
    const beyond = parameters.find(
      (parameter) => Number.isFinite(bound) && !Number.isFinite(round(bound, parameter)),
    );
    if (!beyond) continue;
    const expected = `${where}.${name} to be finite as ${beyond.type}, in which params${beyond.path} is`;
    throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, show(bound));
  }
}

/** A number as a parameter can have it. */
function round(x: number, { type }: Parameter): number {
  if (type === 'float32' || type === 'float64') return x; // options are finite there
  return codecs[type].decode(codecs[type].encode(x, NEAREST));
}
