import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, normalize } from 'node:path';
import { threadId } from 'node:worker_threads';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadCheckpoint, RMSprop, saveCheckpoint } from '../../lib/index.js';
import { times } from '../times.js';
import { inFolder, strays } from './folder.js';
import { rejection } from './rejection.js';

const place = inFolder('place');
const file = join(place, 'checkpoint');
beforeEach(() => {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
});

const onWindows = process.platform === 'win32';

/** Windows lets only some accounts make symbolic links. */
const canLink = (() => {
  const link = inFolder('link');
  try {
    symlinkSync('.', link);
    return readlinkSync(link) === '.';
  } catch {
    return false;
  } finally {
    rmSync(link, { force: true });
  }
})();
if (!canLink) console.log('Skipped: symbolic links, for making one is not permitted here');

/** An optimizer whose parameters and states are all one number. */
function constant(value: number, length = 100) {
  const w = new Float32Array(length).fill(value);
  const optimizer = new RMSprop({ w }, { initialSquareAverage: value });
  return { w, optimizer };
}

/** The number that a file was saved with. Fails unless it is whole. */
async function valueIn(path: string, length = 100): Promise<number> {
  const { w, optimizer } = constant(0, length);
  const value = await loadCheckpoint(path, { optimizer });
  const [tensor] = optimizer.stateDict().groups[0]?.tensors ?? [];
  for (const array of [w, tensor?.state.squareAverage as Float32Array]) {
    if (!array.every((x) => x === value)) expect.fail(`${path} is not all ${value}`);
  }
  return value;
}

const save = (value: number, path = file) =>
  saveCheckpoint(path, { optimizer: constant(value).optimizer, metadata: value });

describe('a path', () => {
  type Case = [name: string, make: () => string, received: string];
  const missing = 'ENOENT: no such file or directory';
  const devices: Case[] = [['that is a device', () => '/dev/null', 'something else']];
  const links: Case[] = [
    [
      'that is a folder, by a link',
      () => {
        symlinkSync('.', join(place, 'link'));
        return join(place, 'link');
      },
      'a folder',
    ],
    [
      'that is a link to itself',
      () => {
        symlinkSync('loop', join(place, 'loop'));
        return join(place, 'loop');
      },
      'ELOOP: too many symbolic links',
    ],
  ];
  test.each<Case>([
    ['in a folder that is not there', () => join(place, 'none', 'x'), missing],
    ['in a file', () => join(file, 'x'), onWindows ? missing : 'ENOTDIR: not a directory'],
    ['that is a folder', () => place, 'a folder'],
    [
      'with a name too long',
      () => join(place, 'x'.repeat(300)),
      onWindows ? missing : 'ENAMETOOLONG: name too long',
    ],
    ...(onWindows ? [] : devices),
    ...(canLink ? links : []),
  ])('%s: an error says so, and nothing is left', async (_, make, received) => {
    await save(1);
    const path = make();
    const before = readdirSync(place);
    const error = await rejection(save(2, path));
    expect(error.code).toBe('ERR_CHECKPOINT_WRITE');
    expect(error.message).toContain(`Expected ${JSON.stringify(path)} to be `);
    expect(error.message).toContain(`, but received ${received}`);
    if (/^E[A-Z]+:/.test(received)) expect(error.cause.code).toBe(received.split(':')[0]);
    expect(readdirSync(place)).toEqual(before);
    expect(await valueIn(file)).toBe(1);
  });

  type Unreadable = [name: string, make: () => string, code: string, received: string];
  const specialFiles: Unreadable[] = [
    ['that is a device', () => '/dev/zero', 'ERR_CHECKPOINT_FORMAT', 'something else'],
    [
      'that is a pipe',
      () => {
        execFileSync('mkfifo', [join(place, 'pipe')]);
        return join(place, 'pipe');
      },
      'ERR_CHECKPOINT_FORMAT',
      'something else',
    ],
  ];
  test.each<Unreadable>([
    ['that is not there', () => join(place, 'none'), 'ERR_CHECKPOINT_READ', 'ENOENT: no such file'],
    ['that is a folder', () => place, 'ERR_CHECKPOINT_FORMAT', 'a folder'],
    ...(onWindows ? [] : specialFiles),
  ])('%s: cannot be loaded', async (_, make, code, received) => {
    const error = await rejection(constant(1).optimizer.load(make()));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`, but received ${received}`);
  });

  test('as long as names can be is fine', async () => {
    const path = join(place, 'é'.repeat(127));
    await save(1, path);
    await save(2, path);
    expect(await valueIn(path)).toBe(2);
    expect(strays(place)).toEqual([]);
  });
});

describe.runIf(canLink)('a symbolic link', () => {
  test.each<[string, string, string]>([
    ['to a file beside it', 'target', 'target'],
    ['to a file elsewhere', 'deep/target', 'deep/target'],
    ['by an absolute path', join(place, 'deep/target'), 'deep/target'],
    ['to a link', 'deep/link', 'target'],
  ])('%s stays, and its target is replaced', async (_, points, ends) => {
    mkdirSync(join(place, 'deep'));
    symlinkSync('../target', join(place, 'deep/link'));
    const link = join(place, 'link');
    symlinkSync(points, link);
    const target = join(place, ends);
    for (const value of [1, 2]) {
      await save(value, link); // the first time there is no target yet
      expect(readlinkSync(link)).toBe(normalize(points));
      expect(lstatSync(target).isFile()).toBe(true);
      expect(await valueIn(link)).toBe(value);
    }
    expect([...strays(place), ...strays(join(place, 'deep'))]).toEqual([]);
  });

  test('on the way to the file is where a relative link begins', async () => {
    mkdirSync(join(place, 'a/b'), { recursive: true });
    symlinkSync('a/b', join(place, 'short'));
    symlinkSync('../target', join(place, 'a/b/link'));
    await save(1, join(place, 'short/link'));
    expect(await valueIn(join(place, 'a/target'))).toBe(1);
  });
});

// Windows has lists of who may do what in place of modes.
test.skipIf(onWindows).each([0o600, 0o640, 0o666])(
  'a file keeps its permissions: %i',
  async (mode) => {
    await save(1);
    chmodSync(file, mode);
    await save(2);
    expect(statSync(file).mode & 0o777).toBe(mode);
  },
);

test('a new file has the permissions that any new file has', async () => {
  await save(1);
  writeFileSync(join(place, 'other'), '');
  expect(statSync(file).mode).toBe(statSync(join(place, 'other')).mode);
});

describe('what somebody left behind', () => {
  const machine = hostname().replace(/[^\w.-]/g, '_');
  const { pid: gone } = spawnSync(process.execPath, ['-e', '']);
  const [own, old] = [process.pid, new Date(Date.now() - 3_700_000)];
  test.each<[string, string, Date | undefined, boolean]>([
    [
      'a process that is gone',
      `.checkpoint.${machine}-${gone}-0-0123456789ab.tmp`,
      undefined,
      false,
    ],
    [
      'an earlier process with the number of this one',
      `.checkpoint.${machine}-${own}-${threadId}-0123456789ab.tmp`,
      new Date(Date.now() - 1000 * process.uptime() - 1000),
      false,
    ],
    [
      'another copy of the package in this thread',
      `.checkpoint.${machine}-${own}-${threadId}-0123456789ab.tmp`,
      undefined,
      true,
    ],
    ['another machine, long ago', `.checkpoint.elsewhere-1-0-0123456789ab.tmp`, old, true],
    [
      'this machine under another name',
      `.checkpoint.x${machine}-${gone}-0-0123456789ab.tmp`,
      undefined,
      true,
    ],
    [
      'a process that is alive',
      `.checkpoint.${machine}-${process.ppid}-0-0123456789ab.tmp`,
      undefined,
      true,
    ],
    [
      'another thread',
      `.checkpoint.${machine}-${own}-${threadId + 1}-0123456789ab.tmp`,
      undefined,
      true,
    ],
    [
      'a process that is alive, long ago',
      `.checkpoint.${machine}-${process.ppid}-0-0123456789ab.tmp`,
      old,
      false,
    ],
    [
      'a save of another file',
      `.checkpoint.2.${machine}-${gone}-0-0123456789ab.tmp`,
      undefined,
      true,
    ],
    ['somebody else', `.checkpoint.${machine}-${gone}.tmp`, old, true],
  ])('%s', async (_, name, time, stays) => {
    const path = join(place, name);
    writeFileSync(path, 'half');
    if (time) utimesSync(path, time, time);
    await save(1);
    expect(existsSync(path)).toBe(stays);
  });

  test('by many saves at once: they leave each other alone', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, i) => save(1 + i)));
    expect(await valueIn(file)).toBeGreaterThan(0);
    expect(strays(place)).toEqual([]);
  });
});

/** Enough for a save that takes a while. */
const LENGTH = 400_000;

/** A process that saves one checkpoint after the other until its input ends; all numbers of each are one of its values. */
const saver = `
  const { RMSprop, saveCheckpoint } = require(${JSON.stringify(join(__dirname, '../..'))});
  const w = new Float32Array(${LENGTH});
  const make = (value) => ({ optimizer: new RMSprop({ w }, { initialSquareAverage: value }), metadata: value });
  const both = process.argv[2].split(',').map(Number).map(make);
  let asked = false;
  process.stdin.resume().on('end', () => { asked = true; });
  (async () => {
    for (let t = 0; !asked; t++) {
      const next = both[t % both.length];
      w.fill(next.metadata);
      await saveCheckpoint(process.argv[1], next);
      if (t === 0) console.log('saved');
    }
  })();`;

const startSaver = (values: string) =>
  spawn(process.execPath, ['-e', saver, file, values], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });

test('a file that is open while it is replaced: the save waits where the system makes it wait', async () => {
  await save(1);
  const reader = await open(file);
  const saved = save(2);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await reader.close();
  await saved;
  expect(await valueIn(file)).toBe(2);
  expect(strays(place)).toEqual([]);
});

test('two processes that save to one path leave the checkpoint of one, whole', async () => {
  const both = [startSaver('1,2'), startSaver('3,4')];
  await Promise.all(both.map((child) => once(child.stdout, 'data')));
  const seen = new Set<number>();
  for (let read = 0; read < 20; read++) seen.add(await valueIn(file, LENGTH));
  const ends = both.map((child) => once(child, 'exit'));
  for (const child of both) child.stdin.end();
  expect((await Promise.all(ends)).map(([code]) => code)).toEqual([0, 0]);
  seen.add(await valueIn(file, LENGTH));
  expect([1, 2, 3, 4]).toEqual(expect.arrayContaining([...seen]));
  expect(seen.size).toBeGreaterThan(1);
  expect(strays(place)).toEqual([]);
});

const kills = times(12, 300);
test(`killed at ${kills} random moments, a save leaves the old checkpoint or the new one`, async () => {
  let [during, values] = [0, [0, 0, 0]];
  for (let k = 0; k < kills; k++) {
    const child = startSaver('1,2');
    await once(child.stdout, 'data');
    const exit = once(child, 'exit');
    await new Promise((resolve) => setTimeout(resolve, 40 * Math.random()));
    child.kill('SIGKILL');
    await exit;
    const left = strays(place);
    expect(left.length).toBeLessThanOrEqual(1);
    during += left.length;
    const value = await valueIn(file, LENGTH);
    expect([1, 2]).toContain(value);
    values[value] = (values[value] as number) + 1;
    if (k % 2) {
      await save(3);
      expect(strays(place)).toEqual([]);
    } // else the next process finds what is left
  }
  console.log(
    `${kills} kills, ${during} of them while a file was being written: whole each time, ${values[1]} and ${values[2]} times the one and the other state`,
  );
  expect(during).toBeGreaterThan(kills / 10);
}, 600_000);
