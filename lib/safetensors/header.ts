import { failure } from '../errors.js';
import { elementSizes, type FileDataType } from './data-types.js';

/** A tensor as the header of a file describes it. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: FileDataType;
  readonly shape: readonly number[];
  /** Where its bytes are, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of their bytes, which lie without gaps. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

/** The header's length, a 64-bit integer, comes before the header. */
export const LENGTH_BYTES = 8;

/** The most that readers of the format take. */
export const LONGEST_HEADER = 100_000_000;

/**
 * How a header with checksums begins: always with these bytes, so that the digits have a fixed place. The first checksum is
 * of the length and the header, whose 16 digits are then 0; the second of the data. Both are CRC-32.
 */
export const CHECKSUM_PREFIX = '{"__metadata__":{"checksum":"crc32:';
export const CHECKSUM_DIGITS = '00000000-00000000';

/** A checksum as it is written. */
export function digitsOf(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}

interface Described {
  readonly name: string;
  readonly dtype: FileDataType;
  readonly shape: readonly number[];
}

/** The number of elements of a shape. */
export function sizeOfShape(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, 1);
}

/**
 * The length and the header of a file, checksums 0, and the tensors in the order of their bytes: larger numbers first, so
 * that every array is aligned.
 *
 * @throws RangeError ERR_INVALID_OPTION: longer than readers take
 */
export function encodeHeader<T extends Described>(
  metadata: { readonly [name: string]: string },
  tensors: readonly T[],
): { bytes: Buffer; ordered: T[]; dataBytes: number } {
  // Before they are quoted, which takes more bytes, and may take more than a string can have.
  const texts = [...Object.entries(metadata).flat(), ...tensors.map(({ name }) => name)];
  checkLength(texts.reduce((sum, { length }) => sum + length, 0));
  const ordered = [...tensors].sort((a, b) => elementSizes[b.dtype] - elementSizes[a.dtype]);
  let end = 0;
  const fields = ordered.map(({ name, dtype, shape }) => {
    const begin = end;
    end += sizeOfShape(shape) * elementSizes[dtype];
    return `,${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`;
  });
  const others = Object.entries(metadata).map(
    ([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  const text = `${CHECKSUM_PREFIX}${CHECKSUM_DIGITS}"${others.join('')}}${fields.join('')}}`;
  const length = Math.ceil(Buffer.byteLength(text) / 8) * 8;
  checkLength(length);
  const bytes = Buffer.alloc(LENGTH_BYTES + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length));
  bytes.write(text, LENGTH_BYTES);
  return { bytes, ordered, dataBytes: end };
}

function checkLength(bytes: number) {
  if (bytes <= LONGEST_HEADER) return;
  const expected = `names and metadata to take at most ${LONGEST_HEADER} bytes`;
  throw failure(RangeError, 'ERR_INVALID_OPTION', expected, `${bytes}`);
}
