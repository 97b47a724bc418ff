/**
 * Installs what would be published into empty projects, as users do, and trains there: npm run test:package [-- --quick].
 * No project has a compiler on its path; some are in systems that have none at all. Every result must have the bits of the
 * TypeScript engine, and be of the binary that the package brought along, unless that is damaged.
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { binaryOf, own } from '../prebuild/platforms.mts';
import { run, toolFolder } from '../prebuild/tools.mts';
import { type Manager, managers } from './managers.mts';
import { type ModuleSystem, modules } from './modules.mts';
import type { Result } from './program.mts';
import { example } from './readme.mts';
import { createRoot, noRoots, releases } from './roots.mts';
import { pack } from './tarball.mts';

interface Project {
  name: string;
  manager: Manager;
  /** Where it is, if not among the others. */
  folder?: string;
  modules: ModuleSystem[];
  /** Whether the first example of the README is to run there, too. */
  example?: true;
  /** Changes what was installed. */
  change?: (installed: string) => void;
  /** What computes then. */
  native?: boolean;
}

const here = own();
const { npm, pnpm, yarn } = managers;
const binaryIn = (installed: string) => join(installed, binaryOf(here));
const all = Object.keys(modules) as ModuleSystem[];

const quick: Project[] = [
  {
    name: 'with npm',
    manager: npm,
    modules: ['CommonJS', 'ES modules', 'TypeScript, nodenext', 'as in Electron'],
    example: true,
  },
  {
    name: 'a binary that is none',
    manager: npm,
    modules: ['CommonJS'],
    change: (installed) => writeFileSync(binaryIn(installed), 'not a binary'),
    native: false,
  },
];
const projects: Project[] = [
  ...quick,
  { name: 'Mit Leerzeichen, Größe und 学習', manager: npm, modules: all },
  {
    name: 'read-only',
    manager: npm,
    modules: ['CommonJS', 'ES modules'],
    change: (installed) => lock(installed),
  },
  {
    name: 'a binary of another processor',
    manager: npm,
    modules: ['CommonJS'],
    change(installed) {
      const folder = join(
        installed,
        'prebuilds',
        `${here.platform}-${here.arch === 'x64' ? 'arm64' : 'x64'}`,
      );
      const foreign = readdirSync(folder).find((name) => name.endsWith('.node')) as string;
      copyFileSync(join(folder, foreign), binaryIn(installed));
    },
    native: false,
  },
  {
    name: 'with pnpm',
    manager: pnpm,
    modules: ['CommonJS', 'ES modules', 'TypeScript, nodenext', 'esbuild'],
  },
  { name: 'with yarn', manager: yarn, modules: ['CommonJS', 'ES modules'] },
];
/** Systems without compiler. */
const roots = (): Project[] => {
  const reason = noRoots();
  if (reason) console.log(`No system without compiler is made: ${reason}`);
  return (reason ? [] : releases).map((release) => {
    const { libc, ...project } = createRoot(release);
    const name = `${release}, bare, glibc ${libc}`;
    return { name, ...project, modules: ['CommonJS', 'ES modules'], example: true };
  });
};

function lock(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) lock(path);
    else chmodSync(path, 0o444);
  }
  chmodSync(folder, 0o555);
}

const tarball = pack();
const place = join(toolFolder, 'projects');
if (!relative(toolFolder, place).startsWith('..'))
  run('sh', ['-c', 'chmod -R u+w "$0" 2>/dev/null; rm -rf "$0"', place]);
let expected: string | undefined;
let failures = 0;
const report = (right: boolean, ...words: unknown[]) => {
  if (!right) failures++;
  console.log(right ? 'ok' : 'WRONG', ...words);
};
for (const project of process.argv.includes('--quick') ? quick : [...projects, ...roots()]) {
  const { name, manager, folder = join(place, name), change, native = true } = project;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true }');
  manager.install(folder, tarball);
  if (change) change(realpathSync(join(folder, 'node_modules/rmsprop')));

  for (const system of project.modules) {
    const result: Result = JSON.parse(manager.node(folder, modules[system](folder)));
    const { checksum, native: isNative, binary } = result;
    expected ??= checksum;
    const broughtAlong =
      binary?.replaceAll('\\', '/').endsWith(`/rmsprop/${binaryOf(here)}`) ?? false;
    const right = checksum === expected && isNative === native && broughtAlong === native;
    const engine = isNative ? 'native' : 'typescript';
    const columns = [name.padEnd(34), system.padEnd(22), engine, checksum.slice(0, 16)];
    report(right, ...columns, right ? '' : binary);
  }
  if (project.example) {
    writeFileSync(join(folder, 'example.mjs'), example.code);
    const output = manager.node(folder, 'example.mjs').trim();
    report(output === example.output, name.padEnd(34), 'the README', output.split(/\s+/).join(' '));
  }
}
rmSync(join(toolFolder, 'pnpm-store'), { recursive: true, force: true });
if (failures) throw new Error(`${failures} projects went wrong`);
