import { createHash, randomBytes } from 'node:crypto';
import { readdir, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';

/** Which file a temporary one is for, and on which machine: file systems allow 255 bytes for a name. */
function prefixOf(target: string): string {
  const name = basename(target);
  const fits = Buffer.byteLength(name) <= 120;
  const base = fits ? name : createHash('sha256').update(name).digest('hex');
  return `.${base}.${hostname()
    .replace(/[^\w.-]/g, '_')
    .slice(0, 64)}-`;
}

/** Process, JavaScript thread, random. */
const SUFFIX = /^(\d+)-(\d+)-[0-9a-f]{12}\.tmp$/;

/** The temporary files that this copy of the package is writing in this JavaScript thread. */
const underWay = new Set<string>();

/** The name of a file that will be renamed to `target`. Whoever finds one can tell whether it is still being written. */
export class TemporaryName {
  readonly path: string;

  constructor(target: string) {
    const name = `${prefixOf(target)}${process.pid}-${threadId}-${randomBytes(6).toString('hex')}.tmp`;
    this.path = join(dirname(target), name);
    underWay.add(this.path);
  }

  release() {
    underWay.delete(this.path);
  }
}

/** Without news for so long, in milliseconds, a temporary file of another machine or thread was given up. */
const GIVEN_UP = 3_600_000;

/** Removes the temporary files for `target` that somebody left who did not live to rename them. */
export async function removeStale(target: string): Promise<void> {
  const folder = dirname(target);
  const base = prefixOf(target);
  // A folder may be writable, and not readable. Then nobody tidies up in it.
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const own = name.startsWith(base) ? SUFFIX.exec(name.slice(base.length)) : null;
    const path = join(folder, name);
    if (own && !underWay.has(path) && (await isAbandoned(own, path))) {
      await unlink(path).catch(() => {});
    }
  }
}

/**
 * One with this process' number is from an earlier process if it is older than this one; else another thread is writing it,
 * or another copy of this package in this thread.
 */
async function isAbandoned([, pid]: RegExpExecArray, path: string): Promise<boolean> {
  const isOwn = Number(pid) === process.pid;
  if (!isOwn && !isAlive(Number(pid))) return true;
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
  const age = Date.now() - mtimeMs;
  return age > GIVEN_UP || (isOwn && age > 1000 * process.uptime());
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
