import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { Failure } from './failure.mts';

export type Column = Float32Array | BigInt64Array;

const types = { '<f4': Float32Array, '<i8': BigInt64Array } as const;

/**
 * The arrays of an .npz file, by name; of a Python wheel that has one inside, too. Both are zip archives; an .npy file is a
 * line that says what follows, and the numbers.
 */
export function readNpz(path: string, inside?: string): Record<string, Column> {
  let files = unzip(path, readFileSync(path));
  const member = inside && files[inside];
  if (member) files = unzip(path, member);
  return Object.fromEntries(
    Object.entries(files)
      .filter(([name]) => name.endsWith('.npy'))
      .map(([name, bytes]) => [name.slice(0, -'.npy'.length), readNpy(path, bytes)]),
  );
}

function unzip(path: string, bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes);
  } catch {
    throw new Failure(`Expected ${path} to be a complete zip archive.`);
  }
}

function readNpy(path: string, bytes: Uint8Array): Column {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 10 + view.getUint16(8, true);
  const header = Buffer.from(bytes.subarray(10, start)).toString('latin1');
  const type = /'descr': '(...)'/.exec(header)?.[1] as keyof typeof types | undefined;
  if (!type || !(type in types)) throw new Failure(`Expected ${path} to hold float32 and int64.`);
  // A copy, since numbers have to be aligned.
  return new types[type](bytes.slice(start).buffer);
}
