import { crc32 } from 'node:zlib';
import { failure } from '../errors.js';
import { byteLengthOf, bytesOf } from '../tensor.js';
import { elementSizes, type FileDataType } from './data-types.js';
import { CHECKSUM_PREFIX, digitsOf, encodeHeader, LENGTH_BYTES, sizeOfShape } from './header.js';
import { replaceFile, type WriteAt } from './replace-file.js';
import { PIECE, type TransferOptions } from './transfer.js';

/** A tensor to be written: memory that stays the caller's. */
export interface SourceTensor {
  readonly name: string;
  readonly dtype: FileDataType;
  readonly shape: readonly number[];
  /** A typed array, as long as the shape says; may be a view of a SharedArrayBuffer. */
  readonly values: ArrayBufferView;
}

/**
 * Writes a safetensors file with checksums in its metadata, and replaces the file at `path` by it once it is whole (see
 * {@link replaceFile}). It takes memory for the header and two pieces, however large the tensors are. Tensors are read
 * while the promise is pending: whoever writes to them meanwhile gets a mixture, with checksums that fit it.
 *
 * @throws RangeError ERR_CHECKPOINT_WRITE; ERR_TENSOR_DETACHED, ERR_TENSOR_LENGTH: memory that went away in the middle;
 * ERR_INVALID_OPTION: more names and metadata than a header may have; the signal's reason; what `onProgress` throws
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly SourceTensor[],
  metadata: { readonly [name: string]: string },
  { signal, onProgress }: TransferOptions = {},
): Promise<void> {
  const { bytes: header, ordered, dataBytes } = encodeHeader(metadata, tensors);
  const total = header.length + dataBytes;
  await replaceFile(
    path,
    async (writeAt) => {
      const headerChecksum = crc32(header);
      const advance = (bytes: number) => {
        onProgress?.({ bytes, total });
        signal?.throwIfAborted();
      };
      await writeAt(header, 0);
      const dataChecksum = await writeData(ordered, header.length, writeAt, advance);
      const digits = Buffer.from(`${digitsOf(headerChecksum)}-${digitsOf(dataChecksum)}`);
      await writeAt(digits, LENGTH_BYTES + CHECKSUM_PREFIX.length);
    },
    signal,
  );
}

/**
 * Through a buffer of its own, so that what is written is what the checksum was made of, whatever happens to the tensors.
 * While one piece is being written, the next one is filled.
 */
async function writeData(
  tensors: readonly SourceTensor[],
  start: number,
  writeAt: WriteAt,
  advance: (bytes: number) => void,
): Promise<number> {
  const buffers = [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)];
  let checksum = 0;
  let position = start;
  let filled = 0;
  let writing = Promise.resolve();
  const flush = async () => {
    const piece = (buffers[0] as Buffer).subarray(0, filled);
    checksum = crc32(piece, checksum);
    await writing;
    advance(position);
    writing = writeAt(piece, position);
    writing.catch(() => {}); // whoever awaits it next hears of it
    position += filled;
    filled = 0;
    buffers.reverse();
  };
  try {
    for (const tensor of tensors) {
      const length = sizeOfShape(tensor.shape) * elementSizes[tensor.dtype];
      for (let at = 0; at < length; ) {
        const count = Math.min(length - at, PIECE - filled);
        (buffers[0] as Buffer).set(currentBytes(tensor, length).subarray(at, at + count), filled);
        at += count;
        filled += count;
        if (filled === PIECE) await flush();
      }
    }
    if (filled > 0) await flush();
    await writing;
    advance(position);
  } finally {
    await writing.catch(() => {}); // the file must not be closed under it
  }
  return checksum;
}

/** The bytes of a tensor, if they are still all there. */
function currentBytes({ name, values }: SourceTensor, length: number): Uint8Array {
  const received = byteLengthOf(values);
  if (received === length) return bytesOf(values);
  const code = received === 0 ? 'ERR_TENSOR_DETACHED' : 'ERR_TENSOR_LENGTH';
  const expected = `${JSON.stringify(name)} to keep its ${length} bytes until they are saved`;
  throw failure(RangeError, code, expected, `${received}`);
}
