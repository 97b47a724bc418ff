import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import load from 'node-gyp-build';
import type { Binding } from '../binding.js';
import { firstLine } from './errors.js';
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
    const what = `There is no binary for ${process.platform}-${process.arch} in ${process.env.RMSPROP_PREBUILD || folder}`;
    throw new Error(`${what}. To build one, ${howToBuild()}.`, { cause });
  }
  try {
    if (!isIntact(path)) throw new Error('the file is damaged');
    const binding = load(folder) as Partial<Binding> | undefined;
    const found = binding?.describe?.().version;
    if (found === undefined) throw new Error('the file is not the kernel of this package');
    if (found !== version) throw new Error(`it is of version ${found}, the package of ${version}`);
    return binding as Binding;
  } catch (cause) {
    const reason = firstLine(cause instanceof Error ? cause.message : String(cause));
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
  return `Install the package again, or, to build the binary, ${howToBuild()}.`;
}

/** What is published has no sources of the kernel: they are where CMakeLists.txt is. */
function howToBuild(): string {
  if (existsSync(join(folder, 'CMakeLists.txt'))) return `run \`npm run build\` in ${folder}`;
  return 'run `npm install && npm run build` in a clone of the repository, and set RMSPROP_PREBUILD=/path/to/the/clone';
}

/**
 * Whether a file is what was published: its hash lies beside it. Loading one that was cut short or written over can be the end
 * of the process. What was built here has no hash.
 */
function isIntact(path: string): boolean {
  const file = `${path}.sha256`;
  if (!existsSync(file)) return true;
  const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
  return readFileSync(file, 'utf8').trim() === hash;
}
