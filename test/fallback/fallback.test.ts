import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import load from 'node-gyp-build';
import { afterAll, describe, expect, test } from 'vitest';
import { version } from '../../lib/version.js';
import { compile } from '../compile.js';
import '../engines.js';

interface Result {
  native?: boolean;
  isa?: string;
  nativeError?: string;
  checksum?: string;
  code?: string;
  message?: string;
}

const root = join(__dirname, '../..');
const scratch = join(root, 'build/fallback');
const folderOfTarget = `${process.platform}-${process.arch}`;
const built = load.path(root);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Surroundings {
  /** The file that the package finds in its prebuilds; null: none. Not given: the one that was built. */
  binary?: Buffer | null;
  /** What was published, if that is another. */
  published?: Buffer;
  engine?: string;
  options?: readonly string[];
  workers?: boolean;
  /** The folder of the package: a clone, or what is published. Default: the clone. */
  from?: string;
}

let folders = 0;

const hash = (data: Buffer) => `${createHash('sha256').update(data).digest('hex')}\n`;

/** What a process finds that loads the package. Its exit code is 0: else this throws. */
function run({
  binary,
  published = binary ?? undefined,
  engine,
  options = [],
  workers = false,
  from = root,
}: Surroundings) {
  const env: NodeJS.ProcessEnv = { ...process.env, LD_PRELOAD: '' };
  delete env.RMSPROP_ENGINE;
  if (engine !== undefined) env.RMSPROP_ENGINE = engine;
  if (binary !== undefined) {
    const folder = join(scratch, `${folders++}`);
    const prebuilds = join(folder, 'prebuilds', folderOfTarget);
    mkdirSync(prebuilds, { recursive: true });
    if (binary) writeFileSync(join(prebuilds, 'rmsprop.node'), binary);
    if (published) writeFileSync(join(prebuilds, 'rmsprop.node.sha256'), hash(published));
    env.RMSPROP_PREBUILD = folder;
  }
  const args = [...options, join(__dirname, 'child.cjs'), from, ...(workers ? ['workers'] : [])];
  const output = execFileSync(process.execPath, args, { encoding: 'utf8', env, stdio: 'pipe' });
  return JSON.parse(output) as { results: Result[]; warnings: { code: string; message: string }[] };
}

const whole = readFileSync(built);
const expected = run({ engine: 'native' }).results[0] as Result;

/** The package as it is published, in which there is nothing to build a binary of. */
function published(): string {
  const folder = join(scratch, 'published');
  for (const part of ['dist', 'package.json']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  return folder;
}

function compiled(name: string, ...flags: string[]): Buffer {
  const { include_dir } = createRequire(__filename)('node-api-headers') as { include_dir: string };
  const file = join(scratch, `${name}.node`);
  mkdirSync(scratch, { recursive: true });
  const source = join(__dirname, 'other-addon.cpp');
  compile(...flags, '-shared', '-fPIC', '-I', include_dir, source, '-o', file);
  return readFileSync(file);
}

function changed(change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(whole);
  change(copy);
  return copy;
}

function withoutLibrary(copy: Buffer) {
  const at = copy.indexOf('libgomp.so.1');
  expect(at).toBeGreaterThan(0);
  copy.write('libgomp.so.9', at);
}

/** What is in the place of the binary, and what is said of it. */
type Bad = [string, () => Buffer | null, RegExp];
const badOnLinux: Bad[] = [
  ['another package', () => compiled('other'), /not the kernel of this package/],
  [
    'another version',
    () => compiled('version', '-DVERSION="0.0.9"'),
    new RegExp(`it is of version 0\\.0\\.9, the package of ${version.replaceAll('.', '\\.')}`),
  ],
  // Of ELF's header: the machine.
  [
    'another processor',
    () => changed((copy) => copy.writeUInt16LE(0x15, 18)),
    /Tried .*rmsprop\.node/,
  ],
  [
    'a library that is missing',
    () => changed(withoutLibrary),
    /libgomp\.so\.9.* Install the OpenMP/,
  ],
];
const bad: Bad[] = [
  ['no file', () => null, /There is no binary for .* in .*\. To build one, run `npm run build` in/],
  ['an empty file', () => Buffer.alloc(0), /rmsprop\.node: .*\. Install the package again/],
  [
    'random bytes',
    () => Buffer.from(whole.map((_, i) => (i * 7919) >> 3)),
    /rmsprop\.node: .*Install/,
  ],
  ...(process.platform === 'linux' ? badOnLinux : []),
];

describe.skipIf(process.platform === 'darwin')('where the binary is', () => {
  test.each(bad)('%s, the TypeScript engine takes over and says why, once', (_, binary, reason) => {
    const { results, warnings } = run({ binary: binary(), workers: true });
    for (const result of results) {
      expect(result).toMatchObject({
        native: false,
        isa: 'typescript',
        checksum: expected.checksum,
        nativeError: expect.stringMatching(reason),
      });
    }
    expect(warnings).toEqual([
      { code: 'RMSPROP_NO_NATIVE', message: expect.stringMatching(reason) },
    ]);
  });

  test.each(bad)('%s, and native is demanded, that is an error', (_, binary, reason) => {
    const { results, warnings } = run({ binary: binary(), engine: 'native' });
    const message = expect.stringMatching(reason);
    expect(results).toEqual([{ name: 'RangeError', code: 'ERR_NO_NATIVE', message }]);
    expect(warnings).toEqual([]);
  });

  const advice =
    'run `npm install && npm run build` in a clone of the repository, and set RMSPROP_PREBUILD=/path/to/the/clone.';
  test.each([
    ['no file', null, 'To build one, '],
    ['an empty file', Buffer.alloc(0), 'Install the package again, or, to build the binary, '],
  ])(
    '%s, and the package is a published one, it says how to build elsewhere',
    (_, binary, says) => {
      const { results } = run({ binary, from: published() });
      expect(results[0]?.nativeError).toContain(`${says}${advice}`);
    },
  );

  const lengths = [0, 1, 63, 64, 4096, whole.length / 2, whole.length - 1].map(Math.floor);
  const damaged: [string, Buffer][] = [
    ...lengths.map((length): [string, Buffer] => [`of ${length} bytes`, whole.subarray(0, length)]),
    ...Array.from({ length: 8 }, (_, i): [string, Buffer] => {
      const at = Math.floor((whole.length * i) / 8);
      return [`written over at ${at}`, changed((copy) => copy.fill(0x5a, at, at + 64))];
    }),
  ];
  test.each(damaged)('%s instead of what was published, it is not loaded', (_, binary) => {
    const { results, warnings } = run({ binary, published: whole });
    expect(results).toMatchObject([{ native: false, checksum: expected.checksum }]);
    expect(warnings).toEqual([
      { code: 'RMSPROP_NO_NATIVE', message: expect.stringMatching(/the file is damaged/) },
    ]);
  });

  test('whole, it is used', () => {
    const { results, warnings } = run({ binary: whole });
    expect(results).toMatchObject([{ native: true, checksum: expected.checksum }]);
    expect(warnings).toEqual([]);
  });
});

test('the native kernel is in use here', () => {
  expect(expected).toMatchObject({ native: true, isa: expect.not.stringMatching('typescript') });
});

test('without addons, the TypeScript engine takes over', () => {
  const { results, warnings } = run({ options: ['--no-addons'] });
  expect(results).toMatchObject([{ native: false, checksum: expected.checksum }]);
  expect(warnings).toEqual([
    { code: 'RMSPROP_NO_NATIVE', message: expect.stringMatching('without --no-addons') },
  ]);
});

test('where the TypeScript engine is asked for, it is used without a word', () => {
  const { results, warnings } = run({ engine: 'typescript', workers: true });
  for (const result of results) {
    expect(result).toMatchObject({ native: false, checksum: expected.checksum });
    expect(result.nativeError).toBeUndefined();
  }
  expect(warnings).toEqual([]);
});

test('an empty variable is none', () => {
  expect(run({ engine: '' }).results).toMatchObject([{ native: true }]);
});

test('an engine that nobody knows is an error', () => {
  const { results } = run({ engine: 'wasm' });
  expect(results).toEqual([
    {
      name: 'RangeError',
      code: 'ERR_INVALID_OPTION',
      message:
        'Expected the environment variable RMSPROP_ENGINE to be "native" or "typescript", but received "wasm"',
    },
  ]);
});
