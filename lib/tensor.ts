import { types } from 'node:util';

/** Float16Array, where the TypeScript library of the user's code knows it. */
type Float16 = typeof globalThis extends { Float16Array: { prototype: infer T } } ? T : never;

/**
 * Memory that a step reads or writes: a view of an ArrayBuffer or a SharedArrayBuffer, at any byte offset. A Uint16Array
 * holds what the option `dtype` says.
 */
export type Tensor = Float32Array | Float64Array | Uint16Array | Float16;

/** What a tensor holds. */
export type DataType = 'float32' | 'float64' | 'bfloat16' | 'float16';

/** What memory holds: a tensor, or a state. */
export type MemoryType = DataType | 'uint8';

/** An array of numbers, or of their codes. */
export type MemoryArray = Float32Array | Float64Array | Uint16Array | Uint8Array;

export interface MemoryTypeInfo {
  /** The class of arrays that hold its numbers, or their codes. */
  readonly View: {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): MemoryArray;
    readonly BYTES_PER_ELEMENT: number;
    readonly name: string;
  };
  /** The array as an error names it. */
  readonly name: string;
}

/** All types, in the order of their numbers in native/. */
export const memoryTypes: { readonly [type in MemoryType]: MemoryTypeInfo } = {
  float32: { View: Float32Array, name: 'a Float32Array' },
  float64: { View: Float64Array, name: 'a Float64Array' },
  bfloat16: { View: Uint16Array, name: 'a Uint16Array of bfloat16' },
  float16: { View: Uint16Array, name: 'a Float16Array or Uint16Array of float16' },
  uint8: { View: Uint8Array, name: 'a Uint8Array' },
};

/** The number of a type in native/. */
export function numberOfType(type: MemoryType): number {
  return Object.keys(memoryTypes).indexOf(type);
}

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
function intrinsic<T>(name: string | symbol): (tensor: unknown) => T {
  const getter = Object.getOwnPropertyDescriptor(typedArray, name)?.get as () => T;
  return (tensor) => getter.call(tensor);
}

/** The name of a typed array's class, whatever realm it comes from or pretends to be; undefined for anything else. */
export const className = intrinsic<string | undefined>(Symbol.toStringTag);

/** Whether a value is an array that holds memory of this type. */
export function isArrayOf(value: unknown, type: MemoryType): value is MemoryArray {
  return className(value) === memoryTypes[type].View.name;
}

/** The length that the memory really has: a property of the same name on the array itself cannot change it. */
export const lengthOf: (tensor: ArrayBufferView) => number = intrinsic('length');
export const bufferOf: (tensor: ArrayBufferView) => ArrayBufferLike = intrinsic('buffer');
export const byteOffsetOf: (tensor: ArrayBufferView) => number = intrinsic('byteOffset');
export const byteLengthOf: (tensor: ArrayBufferView) => number = intrinsic('byteLength');

/** What Uint16Arrays hold: the option of that name. */
export type Dtype = 'array' | 'bfloat16' | 'float16';

/** The data type of a tensor; undefined for anything else. */
export function dataTypeOf(value: unknown, dtype: Dtype = 'array'): DataType | undefined {
  switch (className(value)) {
    case 'Float32Array':
      return 'float32';
    case 'Float64Array':
      return 'float64';
    case 'Float16Array':
      return 'float16';
    case 'Uint16Array':
      return dtype === 'array' ? undefined : dtype;
    default:
      return undefined;
  }
}

/** The bytes of an array. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(bufferOf(array), byteOffsetOf(array), byteLengthOf(array));
}

/** The memory of a tensor of this type, as numbers or as their codes. */
export function memoryOf(tensor: Tensor, type: DataType): MemoryArray {
  const { View } = memoryTypes[type];
  return new View(bufferOf(tensor), byteOffsetOf(tensor), lengthOf(tensor));
}

/** All of a buffer as a tensor of the same class and type as another one. */
export function likeTensor(tensor: Tensor, type: DataType, buffer: ArrayBuffer): Tensor {
  const { Float16Array } = globalThis as { Float16Array?: new (buffer: ArrayBuffer) => Tensor };
  if (className(tensor) === 'Float16Array' && Float16Array) return new Float16Array(buffer);
  const { View } = memoryTypes[type];
  return new View(buffer, 0, buffer.byteLength / View.BYTES_PER_ELEMENT) as Tensor;
}

/** Whether the memory was transferred away: only then can no view be made of it. */
export function isDetached(tensor: ArrayBufferView): boolean {
  try {
    new Uint8Array(bufferOf(tensor), 0, 0);
    return false;
  } catch {
    return true;
  }
}

const resizable = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'resizable')?.get;

/** Whether the memory could shrink; that of a SharedArrayBuffer only grows. */
export function isResizable(tensor: Tensor): boolean {
  const buffer = bufferOf(tensor);
  return types.isArrayBuffer(buffer) && resizable?.call(buffer) === true;
}
