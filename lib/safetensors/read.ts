import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { attempt, formatFailure } from './failures.js';
import {
  CHECKSUM_DIGITS,
  CHECKSUM_PREFIX,
  digitsOf,
  type Header,
  LENGTH_BYTES,
  LONGEST_HEADER,
  type TensorInfo,
} from './header.js';
import { HeaderFault, parseHeader } from './header-parser.js';
import { PIECE, type TransferOptions } from './transfer.js';

/**
 * Says where the bytes of each tensor go: memory of its length that nobody else looks at, since it is filled before the
 * checksum is known; undefined for one that nobody wants. Throws if the header is not what it should be: until here nothing
 * was allocated but the header.
 */
export type Receive = (header: Header) => (info: TensorInfo) => Uint8Array | undefined;

export interface ReadOptions extends TransferOptions {
  /** Whether a file without checksums, as others write them, is refused. Those that are there are always verified. */
  readonly checksumRequired: boolean;
}

/**
 * Reads a safetensors file in one pass. When the promise is fulfilled, all that was received is as it was written.
 *
 * @throws RangeError ERR_CHECKPOINT_READ, ERR_CHECKPOINT_FORMAT; what `receive` throws; the signal's reason; what
 * `onProgress` throws
 */
export async function readSafetensors(
  path: string,
  receive: Receive,
  options: ReadOptions,
): Promise<void> {
  const system = <T>(work: Promise<T>) => attempt(work, 'ERR_CHECKPOINT_READ', path);
  // A pipe would keep a thread waiting for somebody who writes to it.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const file = await system(open(path, flags));
  try {
    const stats = await system(file.stat());
    if (!stats.isFile()) {
      const received = stats.isDirectory() ? 'a folder' : 'something else';
      throw formatFailure(path, 'to be a file', received);
    }
    const read = async (bytes: Uint8Array, position: number) => {
      const count = await system(readAll(file, bytes, position));
      if (count === bytes.length) return;
      const expected = `to keep its ${stats.size} bytes while it is read`;
      throw formatFailure(path, expected, `${position + count}`);
    };
    await readFile(path, stats.size, read, receive, options);
  } finally {
    await file.close().catch(() => {});
  }
}

async function readAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

async function readFile(
  path: string,
  size: number,
  read: (bytes: Uint8Array, position: number) => Promise<void>,
  receive: Receive,
  { signal, onProgress, checksumRequired }: ReadOptions,
) {
  signal?.throwIfAborted();
  if (size < LENGTH_BYTES) {
    throw formatFailure(path, 'to be a safetensors file', `${size} bytes`);
  }
  const start = Buffer.alloc(LENGTH_BYTES);
  await read(start, 0);
  const length = start.readBigUInt64LE();
  const most = Math.min(size - LENGTH_BYTES, LONGEST_HEADER);
  if (length > most) {
    const header = `to be a whole safetensors file, with a header of at most ${most} bytes`;
    throw formatFailure(path, header, `a length of ${length}`);
  }
  const dataStart = LENGTH_BYTES + Number(length);
  const head = Buffer.alloc(dataStart);
  await read(head, 0);

  const expected = checksumsIn(head);
  if (!expected && checksumRequired) {
    const written = 'to be written by saveCheckpoint() or save(), with checksums in its header';
    throw formatFailure(path, written, 'none');
  }
  if (expected) verify(path, 'header', crc32(head), expected.header);
  const header = parse(path, head.subarray(LENGTH_BYTES), size - dataStart);
  const targetOf = receive(header);

  let checksum = 0;
  let position = dataStart;
  const buffer = Buffer.allocUnsafeSlow(PIECE);
  const tensors = header.tensors.values();
  let target: { begin: number; end: number; memory: Uint8Array | undefined } | undefined;
  onProgress?.({ bytes: position, total: size });
  while (position < size) {
    signal?.throwIfAborted();
    const piece = buffer.subarray(0, Math.min(PIECE, size - position));
    await read(piece, position);
    checksum = crc32(piece, checksum);
    const begin = position - dataStart;
    const end = begin + piece.length;
    for (let at = begin; at < end; ) {
      while (!target || target.end === at) {
        const info = tensors.next().value as TensorInfo;
        target = { begin: info.begin, end: info.end, memory: targetOf(info) };
      }
      const next = Math.min(end, target.end);
      target.memory?.set(piece.subarray(at - begin, next - begin), at - target.begin);
      at = next;
    }
    position += piece.length;
    onProgress?.({ bytes: position, total: size });
  }
  signal?.throwIfAborted();
  if (expected) verify(path, 'data', checksum, expected.data);
}

/** The checksums of a file as they are written, with 0 left in their place; undefined if it has none. */
function checksumsIn(head: Buffer): { header: string; data: string } | undefined {
  const begin = LENGTH_BYTES + CHECKSUM_PREFIX.length;
  const end = begin + CHECKSUM_DIGITS.length;
  if (head.toString('latin1', LENGTH_BYTES, begin) !== CHECKSUM_PREFIX) return undefined;
  const digits = /^([0-9a-f]{8})-([0-9a-f]{8})"$/.exec(head.toString('latin1', begin, end + 1));
  if (!digits) return undefined;
  head.write(CHECKSUM_DIGITS, begin);
  return { header: digits[1] as string, data: digits[2] as string };
}

function verify(path: string, what: string, checksum: number, expected: string) {
  const received = digitsOf(checksum);
  if (received === expected) return;
  throw formatFailure(path, `to have the ${what} with the checksum ${expected}`, received);
}

function parse(path: string, bytes: Uint8Array, dataBytes: number): Header {
  try {
    return parseHeader(bytes, dataBytes);
  } catch (fault) {
    if (!(fault instanceof HeaderFault)) throw fault;
    throw formatFailure(path, fault.expected, fault.received);
  }
}
