import { failure, show } from '../errors.js';
import type { Insides } from '../insides.js';
import type { Parameter } from '../params.js';
import type { FileDataType } from '../safetensors/data-types.js';
import type { SourceTensor } from '../safetensors/write.js';
import { className, isDetached, lengthOf, type MemoryType } from '../tensor.js';
import { extraName, parameterName, stateName } from './names.js';

/** What memory holds, as the file calls it. */
export const fileTypes: { readonly [type in MemoryType]: FileDataType } = {
  float32: 'F32',
  float64: 'F64',
  bfloat16: 'BF16',
  float16: 'F16',
  uint8: 'U8',
};

/** An array of the caller's that a checkpoint saves and fills. */
export interface CheckpointTensor extends SourceTensor {
  readonly length: number;
  /** What errors call it. */
  readonly where: string;
}

export function parameterTensors({ parameters, groups }: Insides): CheckpointTensor[] {
  return groups().flatMap(({ first, end }, g) =>
    parameters()
      .slice(first, end)
      .map(({ name, path, type, tensor, length }) => ({
        name: parameterName(g, name),
        dtype: fileTypes[type],
        shape: [length],
        values: tensor,
        length,
        where: `params${path}`,
      })),
  );
}

export function stateTensors({ parameters, groups, state }: Insides): SourceTensor[] {
  return groups().flatMap(({ first, end }, g) =>
    parameters()
      .slice(first, end)
      .flatMap(({ name }: Parameter, i) =>
        state()
          .allArrays(first + i)
          .map((array) => ({
            name: stateName(array.name, g, name),
            dtype: fileTypes[array.type],
            shape: [lengthOf(array.values)],
            values: array.values,
          })),
      ),
  );
}

/** Arrays that belong to a model and are no parameters, such as the statistics of batch normalization. */
export type ExtraTensors = { readonly [name: string]: TypedArray };

type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

const arrayTypes: { readonly [className: string]: FileDataType } = {
  Float16Array: 'F16',
  Float32Array: 'F32',
  Float64Array: 'F64',
  Int8Array: 'I8',
  Uint8Array: 'U8',
  Uint8ClampedArray: 'U8',
  Int16Array: 'I16',
  Uint16Array: 'U16',
  Int32Array: 'I32',
  Uint32Array: 'U32',
  BigInt64Array: 'I64',
  BigUint64Array: 'U64',
};

/** @throws TypeError ERR_TENSOR_TYPE; RangeError ERR_TENSOR_DETACHED */
export function extraTensors(tensors: object): CheckpointTensor[] {
  return Object.entries(tensors).map(([name, values]) => {
    const where = `options.tensors[${JSON.stringify(name)}]`;
    const dtype = arrayTypes[className(values) ?? ''];
    if (!dtype)
      throw failure(TypeError, 'ERR_TENSOR_TYPE', `${where} to be a typed array`, show(values));
    if (isDetached(values)) {
      throw failure(
        RangeError,
        'ERR_TENSOR_DETACHED',
        `${where} to have its memory`,
        'a detached buffer',
      );
    }
    const length = lengthOf(values);
    return { name: extraName(name), dtype, shape: [length], values, length, where };
  });
}
