import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import load from 'node-gyp-build';
import type { Binding } from '../binding.js';
import { version } from './version.js';

const folder = join(__dirname, '..');

/**
 * Loads the binary that was built here or that the package brought along.
 *
 * @throws Error that says what was tried, and what can be done
 */
export function loadBinary(): Binding {
  let path: string;
  try {
    path = load.path(folder);
  } catch (cause) {
    const what = `There is no binary for ${process.platform}-${process.arch} in ${folder}`;
    throw new Error(`${what}: build it there with \`npm run build\`.`, { cause });
  }
  try {
    if (!isWhole(path)) throw new Error('the file was cut short');
    const binding = load(folder) as Partial<Binding> | undefined;
    const found = binding?.describe?.().version;
    if (found === undefined) throw new Error('the file is not the kernel of this package');
    if (found !== version) throw new Error(`it is of version ${found}, the package of ${version}`);
    return binding as Binding;
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];
    throw new Error(`Tried ${path}: ${reason}. ${advice(cause)}`, { cause });
  }
}

function advice(cause: unknown): string {
  if ((cause as NodeJS.ErrnoException)?.code === 'ERR_DLOPEN_DISABLED') {
    return 'Start Node.js without --no-addons.';
  }
  if (String(cause).includes('libgomp')) {
    return 'Install the OpenMP library: libgomp1 in Debian and Ubuntu, libgomp in Alpine and Fedora.';
  }
  return 'Install the package again, or build it with `npm run build`.';
}

const ELF = 0x7f454c46;

/**
 * Whether a file is as long as it says. The system would map what is missing of a program for Linux, and the process would die
 * of the first access to it; other systems look by themselves.
 */
function isWhole(path: string): boolean {
  const header = Buffer.alloc(64);
  const file = openSync(path, 'r');
  try {
    if (readSync(file, header) < header.length) return false;
    if (header.readUInt32BE(0) !== ELF) return true;
    // The last of such a file is its table of sections: where it begins, how long each entry is, how many there are.
    const begin = header.readBigUInt64LE(40);
    const length = BigInt(header.readUInt16LE(58) * header.readUInt16LE(60));
    return fstatSync(file, { bigint: true }).size >= begin + length;
  } finally {
    closeSync(file);
  }
}
