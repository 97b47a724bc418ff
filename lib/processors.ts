import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** How many threads a step may use at first, and why. */
export interface ThreadChoice {
  threads: number;
  reason: string;
}

/** Text of a file, if there is one. */
export type Read = (path: string) => string | undefined;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** What the user asked of OpenMP; else the processors that this process may run on, and no more than a container pays for. */
export function chooseThreads(environment = process.env, file: Read = read): ThreadChoice {
  const asked = environment.OMP_NUM_THREADS;
  if (asked !== undefined && /^[1-9]\d{0,2}$/.test(asked)) {
    return { threads: Number(asked), reason: `OMP_NUM_THREADS is ${asked}` };
  }
  const processors = availableParallelism();
  const quota = processorQuota(file);
  const threads = Math.max(1, Math.min(processors, Math.floor(quota)));
  return threads < processors
    ? { threads, reason: `the control group has a quota of ${quota} processors` }
    : { threads, reason: `${processors} processors are available` };
}

/** How many processors' time the control groups of this process get: the least of all on the way up. */
export function processorQuota(file: Read = read): number {
  let quota = Number.POSITIVE_INFINITY;
  for (const line of (file('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    for (const folder of ancestors(path)) {
      if (controllers === '') {
        const [limit, period] = (file(`/sys/fs/cgroup${folder}cpu.max`) ?? '').split(' ');
        quota = Math.min(quota, ratio(limit, period));
      } else if (controllers?.split(',').includes('cpu')) {
        const base = `/sys/fs/cgroup/cpu${folder}cpu.cfs_`;
        quota = Math.min(quota, ratio(file(`${base}quota_us`), file(`${base}period_us`)));
      }
    }
  }
  return quota;
}

/** A folder and all above it, each with a slash at its end. */
function ancestors(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  return names.concat('').map((_, i) => ['', ...names.slice(0, names.length - i), ''].join('/'));
}

/** No limit is 'max' in version 2, and -1 in version 1. */
function ratio(limit: string | undefined, period: string | undefined): number {
  const quota = Number(limit) / Number(period);
  return quota > 0 ? quota : Number.POSITIVE_INFINITY;
}
