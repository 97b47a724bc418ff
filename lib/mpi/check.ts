import { failure, show } from '../errors.js';
import { className, isDetached, isResizable, lengthOf } from '../tensor.js';
import type { ByteOrFloatArray, FloatArray } from './binding.js';

const floats = ['Float32Array', 'Float64Array'];
const floatsAndBytes = [...floats, 'Uint8Array'];

function checkMemory(value: unknown, where: string, classes: readonly string[]): void {
  if (!classes.includes(className(value) as string)) {
    const expected = `${where} to be a ${classes.join(' or ')}`;
    throw failure(TypeError, 'ERR_TENSOR_TYPE', expected, show(value));
  }
  const array = value as ByteOrFloatArray;
  if (lengthOf(array) === 0 && isDetached(array)) {
    const expected = `${where} to have memory`;
    throw failure(RangeError, 'ERR_TENSOR_DETACHED', expected, 'a detached buffer');
  }
  if (isResizable(array as FloatArray)) {
    const expected = `${where} to have memory that stays where it is while ranks exchange it`;
    throw failure(RangeError, 'ERR_TENSOR_RESIZABLE', expected, 'a resizable ArrayBuffer');
  }
}

/** Throws unless this is an array that ranks can calculate with. */
export function checkFloats(value: unknown, where = 'array'): asserts value is FloatArray {
  checkMemory(value, where, floats);
}

/** Throws unless this is an array that ranks can send. */
export function checkArray(value: unknown): asserts value is ByteOrFloatArray {
  checkMemory(value, 'array', floatsAndBytes);
}

/** Throws unless these are quadruples of peer, which array, offset and length that lie within the arrays. */
export function checkSegments(
  segments: unknown,
  where: string,
  arrays: readonly FloatArray[],
  size: number,
): asserts segments is Float64Array {
  if (className(segments) !== 'Float64Array') {
    const expected = `${where} to be a Float64Array`;
    throw failure(TypeError, 'ERR_INVALID_OPTION', expected, show(segments));
  }
  const fields = segments as Float64Array;
  const isIndex = (value: number, below: number) =>
    Number.isInteger(value) && value >= 0 && value < below;
  for (let at = 0; at < fields.length; at += 4) {
    const [peer = -1, which = -1, offset = -1, length = -1] = fields.subarray(at, at + 4);
    if (isIndex(peer, size) && isIndex(which, arrays.length)) {
      const room = lengthOf(arrays[which] as FloatArray);
      if (isIndex(offset, room + 1) && isIndex(length, room - offset + 1)) continue;
    }
    const expected = `${where} to have a rank, an array, and an offset and a length within that at index ${at}`;
    const received = [...fields.subarray(at, at + 4)].join(', ');
    throw failure(RangeError, 'ERR_INVALID_OPTION', expected, received);
  }
}

/** Throws unless `out` and all `parts`, at least one, are of one type and length. */
export function checkParts(out: unknown, parts: unknown): asserts out is FloatArray {
  checkFloats(out, 'out');
  if (!Array.isArray(parts) || parts.length === 0) {
    const expected = 'parts to be a list of at least one array';
    throw failure(TypeError, 'ERR_INVALID_OPTION', expected, show(parts));
  }
  for (const [i, part] of parts.entries()) {
    checkMemory(part, `parts[${i}]`, [className(out) as string]);
    if (lengthOf(part) === lengthOf(out)) continue;
    const expected = `parts[${i}] to have length ${lengthOf(out)}, like out`;
    throw failure(RangeError, 'ERR_TENSOR_LENGTH', expected, `${lengthOf(part)}`);
  }
}
