/**
 * Runs every binary in prebuilds/ on what it is for, and compares the checksums of test/checksum.ts, with every instruction set
 * that is there: npm run test:binaries [-- NAME…], with the names of platforms, words of those of runtimes, or nothing for all
 * that there are binaries of; or -- --here for that of this machine, which then must be there, on the Node.js that runs this.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { binaryOf, own, platforms } from './platforms.mts';
import { type Runtime, runtimes } from './runtimes.mts';
import { root, toolFolder } from './tools.mts';

/** What a user's machine has: the binaries, and the program in one file. */
mkdirSync(toolFolder, { recursive: true });
const folder = mkdtempSync(join(toolFolder, 'checksum-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'dist'));
writeFileSync(join(folder, 'package.json'), '{ "name": "rmsprop" }');
cpSync(join(root, 'prebuilds'), join(folder, 'prebuilds'), { recursive: true });
const program = join(folder, 'dist/checksum.cjs');
buildSync({
  entryPoints: [join(root, 'test/checksum.ts')],
  outfile: program,
  ...{ bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' },
});

function checksums({ name, prepare, emulated }: Runtime): string[][] {
  const { command, environment } = prepare();
  const [first = '', ...others] = [...command, program, emulated ? 'native' : 'all'];
  const output = join(folder, 'output.txt'); // under Wine, Node.js writes to no pipe
  const [into, errors] = [output, `${output}.errors`].map((file) => openSync(file, 'w'));
  const env = { ...process.env, ...environment, PREBUILDS_ONLY: '1' };
  const { status } = spawnSync(first, others, {
    env,
    stdio: ['ignore', into, errors],
    timeout: emulated ? 900_000 : 300_000,
  });
  for (const file of [into, errors]) closeSync(file as number);
  if (status !== 0)
    throw new Error(`${name} ended with ${status}\n${readFileSync(`${output}.errors`, 'utf8')}`);
  const lines = readFileSync(output, 'utf8').trim().split(/\r?\n/);
  return lines.map((line) => line.split(' '));
}

const here = process.argv.includes('--here');
const names = process.argv.slice(2);
const available: Runtime[] = here
  ? [
      {
        name: `Node.js ${process.versions.node}`,
        platform: own().name,
        prepare: () => ({ command: [process.execPath] }),
      },
    ]
  : runtimes.filter(
      ({ name, platform }) =>
        names.length === 0 || names.some((each) => each === platform || name.includes(each)),
    );
const seen = new Set<string>();
for (const platform of platforms.filter((each) => existsSync(join(root, binaryOf(each))))) {
  for (const runtime of available.filter((each) => each.platform === platform.name)) {
    const results = checksums(runtime);
    const [first] = results[0] ?? [];
    if (first === undefined || first === 'typescript' || (runtime.isa && first !== runtime.isa)) {
      throw new Error(`${runtime.name} used ${first}, not the binary as it should`);
    }
    for (const [isa = '', checksum = ''] of results) {
      console.log(platform.name.padEnd(18), runtime.name.padEnd(36), isa.padEnd(11), checksum);
      seen.add(checksum);
    }
  }
}
if (seen.size !== 1) throw new Error(`Expected one checksum, but there are ${seen.size}`);
