import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Failure } from './failure.mts';

/**
 * Reads the bytes of an IDX file, plain or gzipped, the format that MNIST made known: two zero
 * bytes, a type (8 = unsigned byte), the number of dimensions, each dimension as a big-endian
 * 32-bit number, then the data, row by row.
 */
export function readIdx(folder: string, name: string): { shape: number[]; data: Uint8Array } {
  const path = findIdx(folder, name);
  let bytes = readFileSync(path);
  try {
    if (path.endsWith('.gz')) bytes = gunzipSync(bytes);
  } catch {
    throw new Failure(`Expected ${path} to be a complete gzip file.`);
  }

  const dimensions = bytes.length >= 4 && bytes.readUInt16BE(0) === 0 ? bytes[3] : 0;
  const start = 4 + 4 * dimensions;
  if (dimensions === 0 || bytes[2] !== 8 || bytes.length < start) {
    throw new Failure(`Expected ${path} to be an IDX file of unsigned bytes.`);
  }
  const shape = Array.from({ length: dimensions }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== start + size) {
    throw new Failure(
      `Expected ${path} to hold ${shape.join(' x ')} bytes of data, ` +
        `but it holds ${bytes.length - start}.`,
    );
  }
  return { shape, data: bytes.subarray(start) };
}

/** Whether a folder has this file in any of its usual spellings. */
export function hasIdx(folder: string, name: string): boolean {
  return spellings(folder, name).some((path) => existsSync(path));
}

function findIdx(folder: string, name: string): string {
  const found = spellings(folder, name).find((path) => existsSync(path));
  if (!found) throw new Failure(`Expected ${folder} to contain ${name} or ${name}.gz.`);
  return found;
}

/** `train-images-idx3-ubyte` is also met as `train-images.idx3-ubyte`, and either as `.gz`. */
function spellings(folder: string, name: string): string[] {
  return [name, name.replace('-idx', '.idx')].flatMap((file) => [
    join(folder, file),
    join(folder, `${file}.gz`),
  ]);
}
