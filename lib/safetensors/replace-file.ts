import { type FileHandle, lstat, open, readlink, realpath, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../errors.js';
import { attempt, quote } from './failures.js';
import { removeStale, TemporaryName } from './temporary-name.js';

/** Writes bytes at a place of the new file. */
export type WriteAt = (bytes: Uint8Array, position: number) => Promise<void>;

/**
 * Puts a new file in the place of the one at `path`, if there is one: whoever looks finds the old one or the new one, whole,
 * also after a power cut. The new one is written beside it, flushed to the disk, and renamed; then the folder is flushed.
 *
 * A symbolic link stays, and what it points to is replaced. The new file has the old one's permissions.
 *
 * @throws RangeError ERR_CHECKPOINT_WRITE, or what `write` throws; the old file is as it was, and no other is left. Should
 * only the folder fail to be flushed, the new file has its name, but may lose it in a power cut.
 */
export async function replaceFile(
  path: string,
  write: (writeAt: WriteAt) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const system = <T>(work: Promise<T>) => attempt(work, 'ERR_CHECKPOINT_WRITE', path);
  const target = await system(targetOf(path));
  const old = await system(unlessMissing(lstat(target)));
  if (old && !old.isFile()) {
    const received = old.isDirectory() ? 'a folder' : 'something else';
    throw failure(RangeError, 'ERR_CHECKPOINT_WRITE', `${quote(path)} to be a file`, received);
  }
  await removeStale(target);
  signal?.throwIfAborted();

  const temporary = new TemporaryName(target);
  let handle: FileHandle | undefined;
  try {
    const file = await system(open(temporary.path, 'wx', old?.mode));
    handle = file;
    if (old) await system(file.chmod(old.mode & 0o7777)); // what the umask took away
    await write((bytes, position) => system(writeAll(file, bytes, position)));
    await system(file.sync());
    handle = undefined;
    await system(file.close());
    const end = performance.now() + PATIENCE;
    do signal?.throwIfAborted();
    while (!(await system(tryRename(temporary.path, target, end))));
  } catch (error) {
    await handle?.close().catch(() => {});
    await unlink(temporary.path).catch(() => {});
    throw error;
  } finally {
    temporary.release();
  }
  await system(flushFolder(dirname(target)));
}

/** The file that a path means in the end: links are followed, also one to a file that is not there yet. */
async function targetOf(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < 40; links++) {
    target = join(await realpath(dirname(target)), basename(target));
    const stats = await unlessMissing(lstat(target));
    if (!stats?.isSymbolicLink()) return target;
    target = resolve(dirname(target), await readlink(target));
  }
  throw Object.assign(new Error('ELOOP: too many symbolic links'), { code: 'ELOOP' });
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number) {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Windows says one of these while somebody has the file open that is to be replaced: to load it, or to look for viruses. */
const IN_USE = ['EACCES', 'EBUSY', 'EPERM'];
/** How long that is waited for, in milliseconds, */
const PATIENCE = 10_000;
/** and how long before each further attempt. */
const PAUSE = 20;

/** Whether the file was renamed; if not, the one in its place is in use, and may be free by now. Throws after `end`. */
async function tryRename(from: string, to: string, end: number): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const inUse = IN_USE.includes((error as NodeJS.ErrnoException).code ?? '');
    if (process.platform !== 'win32' || !inUse || performance.now() > end) throw error;
    await sleep(PAUSE);
    return false;
  }
}

/** Systems that cannot flush a folder, or not one that may not be read or that is in use, say one of these. */
const CANNOT_FLUSH = ['EACCES', 'EBADF', 'EBUSY', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM'];

async function flushFolder(path: string) {
  try {
    // Windows flushes only what was opened to be written to; elsewhere no folder can be.
    const folder = await open(path, process.platform === 'win32' ? 'r+' : 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!CANNOT_FLUSH.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
