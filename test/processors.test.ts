import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseThreads, processorQuota } from '../lib/processors.js';

type Files = Record<string, string>;
const reader = (files: Files) => (path: string) => files[path];

test.each<[string, Files, number]>([
  ['no control groups', {}, Number.POSITIVE_INFINITY],
  [
    'version 2 without a limit',
    { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' },
    Number.POSITIVE_INFINITY,
  ],
  [
    'version 2 inside a container',
    { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '150000 100000\n' },
    1.5,
  ],
  [
    'version 2, the limit is that of a group above',
    {
      '/proc/self/cgroup': '0::/user.slice/job\n',
      '/sys/fs/cgroup/user.slice/job/cpu.max': '400000 100000\n',
      '/sys/fs/cgroup/user.slice/cpu.max': '200000 100000\n',
    },
    2,
  ],
  [
    'version 1',
    {
      '/proc/self/cgroup': '5:memory:/docker/a\n4:cpu,cpuacct:/docker/a\n',
      '/sys/fs/cgroup/cpu/docker/a/cpu.cfs_quota_us': '50000\n',
      '/sys/fs/cgroup/cpu/docker/a/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    0.5,
  ],
  [
    'nonsense',
    { '/proc/self/cgroup': 'what\n0::/\n', '/sys/fs/cgroup/cpu.max': 'x' },
    Number.POSITIVE_INFINITY,
  ],
])('the quota of processors is read from %s', (_, files, quota) => {
  expect(processorQuota(reader(files))).toBe(quota);
});

test('threads follow OMP_NUM_THREADS, then the quota, then the processors', () => {
  const half = reader({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '50000 100000' });
  const none = reader({});
  const processors = availableParallelism();
  expect(chooseThreads({ OMP_NUM_THREADS: '3' }, half)).toEqual({
    threads: 3,
    reason: 'OMP_NUM_THREADS is 3',
  });
  expect(chooseThreads({ OMP_NUM_THREADS: 'many' }, none).threads).toBe(processors);
  expect(chooseThreads({}, none)).toEqual({
    threads: processors,
    reason: `${processors} processors are available`,
  });
  expect(chooseThreads({}, half).threads).toBe(1);
});

test.runIf(process.platform === 'linux')('a process bound to one processor uses one thread', () => {
  const code = `console.log(require(${JSON.stringify(join(__dirname, '..'))}).runtime().threads)`;
  const output = execFileSync('taskset', ['-c', '0', process.execPath, '-e', code]);
  expect(`${output}`.trim()).toBe('1');
});
