import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, inFolder } from './folder.js';

/** What every script begins with: `tried` says what became of a save or a load, and what is in the folder. */
const common = `
  const { RMSprop, loadCheckpoint, saveCheckpoint } = require(${JSON.stringify(join(__dirname, '../..'))});
  const { readdirSync } = require('node:fs');
  const { join } = require('node:path');
  const [folder] = process.argv.slice(1);
  const file = join(folder, 'checkpoint');
  const optimizerOf = (value, length) =>
    new RMSprop({ w: new Float32Array(length).fill(value) }, { initialSquareAverage: value });
  const save = (value, length) =>
    saveCheckpoint(file, { optimizer: optimizerOf(value, length), metadata: value });
  const load = (length) => loadCheckpoint(file, { optimizer: optimizerOf(0, length) });
  const tried = async (promise) => {
    const outcome = await promise.then(
      (value) => value ?? 'done',
      ({ code, cause }) => code + ' ' + cause?.code,
    );
    console.log(JSON.stringify(outcome));
  };
  const list = () => console.log(JSON.stringify(readdirSync(folder)));`;

const run = (command: string, args: string[]) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) expect.fail(`${command} ends with ${status}: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
};

/** Runs a script in a folder that is a small disk of its own, which is gone with the process. */
const onDisk = (script: string, mount: string) => {
  const disk = inFolder('disk');
  mkdirSync(disk, { recursive: true });
  const shell = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" -e "$3" "$1"';
  const code = `const { execFileSync } = require('node:child_process'); ${common} (async () => { ${script} })();`;
  return run('unshare', [
    ...mount.split(' '),
    'sh',
    '-c',
    shell,
    'sh',
    disk,
    process.execPath,
    code,
  ]);
};
const canMount = ['-m', '-rm'].find(
  (how) => spawnSync('unshare', [how, 'mount', '-t', 'tmpfs', 'none', '/tmp']).status === 0,
);
if (!canMount)
  console.log('Skipped: full and read-only disks, for mounting one is not permitted here');

test.skipIf(!canMount)('a full disk: an error, the old checkpoint, and nothing else', () => {
  const script = `
    await tried(save(1, 50000));
    await tried(save(2, 100000));
    list();
    await tried(load(50000));
    await tried(save(3, 40000));
    await tried(load(40000));`;
  expect(onDisk(script, canMount as string)).toEqual([
    'done',
    'ERR_CHECKPOINT_WRITE ENOSPC',
    ['checkpoint'],
    1,
    'done',
    3,
  ]);
});

test.skipIf(!canMount)('a disk that became read-only: an error, and the old checkpoint', () => {
  const script = `
    await tried(save(1, 10));
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    await tried(save(2, 10));
    list();
    await tried(load(10));`;
  expect(onDisk(script, canMount as string)).toEqual([
    'done',
    'ERR_CHECKPOINT_WRITE EROFS',
    ['checkpoint'],
    1,
  ]);
});

// Windows has lists of who may do what in place of modes.
test.skipIf(process.platform === 'win32').each([
  ['not be written to', 0o555, ['done', 'ERR_CHECKPOINT_WRITE EACCES', ['checkpoint'], 1]],
  ['not be read', 0o333, ['done', 'done', 2]],
])('a folder that may %s', (_, mode, expected) => {
  const place = inFolder(`mode-${mode}`);
  chmodSync(folder, 0o777);
  const canList = mode & 0o400 ? 'list();' : '';
  const script = `${common}
    if (process.getuid() === 0) process.setuid(65534); // permissions are nothing to the superuser
    const { chmodSync, mkdirSync } = require('node:fs');
    mkdirSync(folder);
    (async () => {
      await tried(save(1, 10));
      chmodSync(folder, ${mode});
      await tried(save(2, 10));
      ${canList}
      await tried(load(10));
    })();`;
  expect(run(process.execPath, ['-e', script, place])).toEqual(expected);
});

test('a save takes no memory for a copy of what it saves', () => {
  const length = 26_000_000;
  const script = `
    const { Adam } = require(${JSON.stringify(join(__dirname, '../..'))});
    const w = new Float32Array(${length}).fill(1);
    const optimizer = new Adam({ w });
    optimizer.step({ w: new Float32Array(${length}).fill(1) });
    const before = process.memoryUsage.rss();
    let most = before;
    const onProgress = ({ total }) => {
      most = Math.max(most, process.memoryUsage.rss());
      size = total;
    };
    let size;
    optimizer.save(process.argv[1], { onProgress }).then(() => {
      console.log(JSON.stringify({ size, growth: most - before }));
    });`;
  const [{ size, growth }] = run(process.execPath, ['-e', script, inFolder('large')]);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  console.log(`Saving ${megabytes(size)} MB takes ${megabytes(growth)} MB more memory`);
  expect(size).toBeGreaterThan(200e6);
  expect(growth).toBeLessThan(20e6);
});
