import { types } from 'node:util';

/** Memory that a step reads or writes: a view of an ArrayBuffer or a SharedArrayBuffer, at any byte offset. */
export type Tensor = Float32Array | Float64Array;

export type DataType = 'float32' | 'float64';

/** The data types in the order of their numbers in native/. */
export const dataTypes: readonly DataType[] = ['float32', 'float64'];

export const arrayTypes = { float32: Float32Array, float64: Float64Array } as const;

/** The data type of a tensor; undefined for anything else, whatever realm it comes from or pretends to be. */
export function dataTypeOf(value: unknown): DataType | undefined {
  if (types.isFloat32Array(value)) return 'float32';
  if (types.isFloat64Array(value)) return 'float64';
  return undefined;
}

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
function intrinsic<T>(name: string): (tensor: Tensor) => T {
  const getter = Object.getOwnPropertyDescriptor(typedArray, name)?.get as () => T;
  return (tensor) => getter.call(tensor);
}

/** The length that the memory really has: a property of the same name on the array itself cannot change it. */
export const lengthOf = intrinsic<number>('length');
export const bufferOf = intrinsic<ArrayBufferLike>('buffer');
export const byteOffsetOf = intrinsic<number>('byteOffset');
export const byteLengthOf = intrinsic<number>('byteLength');

/** Whether the memory was transferred away: only then can no view be made of it. */
export function isDetached(tensor: Tensor): boolean {
  try {
    new Uint8Array(bufferOf(tensor), 0, 0);
    return false;
  } catch {
    return true;
  }
}
