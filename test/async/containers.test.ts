import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runChild } from './child.js';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmdirSync(folder);
});

/** A control group with this setting, as a container has one; undefined where none can be made. */
function controlGroup(controller: string, settings: Record<string, string>): string | undefined {
  const root = '/sys/fs/cgroup';
  const first = join(root, controller); // of version 1
  const folder = join(
    existsSync(first) ? first : root,
    `rmsprop-test-${process.pid}-${made.length}`,
  );
  try {
    mkdirSync(folder);
    made.push(folder);
    for (const [name, value] of Object.entries(settings)) {
      if (existsSync(join(folder, name))) writeFileSync(join(folder, name), value);
    }
    return folder;
  } catch {
    console.log(
      `Skipped: control groups of ${controller} need root, and a system that lets it make some`,
    );
    return undefined;
  }
}

function runIn(group: string, code: string) {
  return runChild(code, ['sh', '-c', `echo $$ > ${group}/cgroup.procs; exec "$@"`, 'sh']);
}

test('a quota of one and a half processors gives one thread', async ({ skip }) => {
  const quota = { 'cpu.cfs_quota_us': '150000', 'cpu.max': '150000 100000' };
  const group = controlGroup('cpu', quota);
  if (!group) return skip();
  const { stdout, stderr } = await runIn(
    group,
    'console.log(runtime().threads, runtime().threadsReason);',
  );
  expect({ stdout, stderr }).toEqual({
    stdout: '1 the control group has a quota of 1.5 processors',
    stderr: '',
  });
});

test('where no more threads may be made, steps do with those that there are', async ({ skip }) => {
  const group = controlGroup('pids', { 'pids.max': '30' });
  if (!group) return skip();
  const end = await runIn(
    group,
    `configure({ threads: 1000 });
    const w = tensor(20_000_000).fill(0);
    const optimizer = new SGD(w, { learningRate: 1 });
    const gradient = tensor(20_000_000);
    optimizer.step(gradient);
    optimizer.step(gradient);
    await optimizer.stepAsync(gradient);
    console.log(w.every((x) => x === -3), readdirSync('/proc/self/task').length <= 30);`,
  );
  expect(end).toEqual({ code: 0, signal: null, stdout: 'true true', stderr: '' });
});
