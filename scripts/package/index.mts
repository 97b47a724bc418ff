/**
 * Installs what would be published into empty projects, as users do, and trains there: npm run test:package [-- --quick].
 * No project has a compiler on its path. Every result must have the bits of the TypeScript engine, and be of the binary that
 * the package brought along, unless that is damaged.
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
import { bare, managers } from './managers.mts';
import { type ModuleSystem, modules } from './modules.mts';
import type { Result } from './program.mts';
import { pack } from './tarball.mts';

interface Project {
  manager: keyof typeof managers;
  folder?: string;
  modules: ModuleSystem[];
  /** Changes what was installed. */
  change?: (installed: string) => void;
  /** What computes then. */
  native?: boolean;
}

const here = own();
const binaryIn = (installed: string) => join(installed, binaryOf(here));
const all = Object.keys(modules) as ModuleSystem[];

const quick: Project[] = [
  { manager: 'npm', modules: ['CommonJS', 'ES modules', 'TypeScript, nodenext'] },
  {
    manager: 'npm',
    folder: 'a binary that is none',
    modules: ['CommonJS'],
    change: (installed) => writeFileSync(binaryIn(installed), 'not a binary'),
    native: false,
  },
];
const projects: Project[] = [
  ...quick,
  { manager: 'npm', folder: 'Mit Leerzeichen, Größe und 学習', modules: all },
  {
    manager: 'npm',
    folder: 'read-only',
    modules: ['CommonJS', 'ES modules'],
    change: (installed) => lock(installed),
  },
  {
    manager: 'npm',
    folder: 'a binary of another processor',
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
  { manager: 'pnpm', modules: ['CommonJS', 'ES modules', 'TypeScript, nodenext', 'esbuild'] },
  { manager: 'yarn', modules: ['CommonJS', 'ES modules'] },
];

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
for (const project of process.argv.includes('--quick') ? quick : projects) {
  const { manager, modules: systems, change, native = true } = project;
  const name = project.folder ?? `with ${manager}`;
  const folder = join(place, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true }');
  managers[manager].install(folder, tarball);
  if (change) change(realpathSync(join(folder, 'node_modules/rmsprop')));

  for (const system of systems) {
    const file = modules[system](folder);
    const train = (...options: string[]): Result => {
      const [command = '', ...others] = [...managers[manager].node, ...options, file];
      const output = run('sh', ['-c', 'cd "$0" && exec "$@"', folder, command, ...others], {
        ...bare,
        NODE_NO_WARNINGS: '1',
      });
      return JSON.parse(output);
    };
    const { checksum, native: isNative, binary } = train();
    expected ??= checksum;
    const broughtAlong =
      binary?.replaceAll('\\', '/').endsWith(`/rmsprop/${binaryOf(here)}`) ?? false;
    const right = checksum === expected && isNative === native && broughtAlong === native;
    if (!right) failures++;
    console.log(
      right ? 'ok' : 'WRONG',
      name.padEnd(34),
      system.padEnd(22),
      isNative ? 'native' : 'typescript',
      checksum.slice(0, 16),
      right ? '' : binary,
    );
  }
}
rmSync(join(toolFolder, 'pnpm-store'), { recursive: true, force: true });
if (failures) throw new Error(`${failures} projects went wrong`);
