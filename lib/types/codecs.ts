import { type DataType, type MemoryArray, memoryOf, type Tensor } from '../tensor.js';
import { bfloat16 } from './bfloat16.js';
import { float16 } from './float16.js';
import { NEAREST } from './rounding.js';

/** The types of 16 bits that tensors hold as codes. */
export const codecs = { bfloat16, float16 };

/** What makes the number of an element of this type's memory. */
export function decoderOf(type: DataType): (element: number) => number {
  return type === 'float32' || type === 'float64' ? (x) => x : codecs[type].decode;
}

/** The number of a code that has a float32 copy: the copy, unless somebody has written another code since. */
export function decodeBesideCopy(
  { decode, encode }: (typeof codecs)[keyof typeof codecs],
  code: number,
  copy: number,
): number {
  return encode(copy, NEAREST) === code ? copy : decode(code);
}

/** Copies the numbers of a tensor. */
export function decode(tensor: Tensor, type: DataType, to: MemoryArray) {
  const memory = memoryOf(tensor, type);
  if (type === 'float32' || type === 'float64') {
    to.set(memory);
    return;
  }
  const codec = codecs[type];
  for (let i = 0; i < memory.length; i++) to[i] = codec.decode(memory[i] as number);
}

/** Sets the numbers of a tensor, each rounded to the nearest of its type. */
export function encode(values: MemoryArray, tensor: Tensor, type: DataType) {
  const memory = memoryOf(tensor, type);
  if (type === 'float32' || type === 'float64') {
    memory.set(values);
    return;
  }
  const codec = codecs[type];
  for (let i = 0; i < memory.length; i++) memory[i] = codec.encode(values[i] as number, NEAREST);
}
