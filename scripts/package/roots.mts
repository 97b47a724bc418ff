/** Systems with nothing but Node.js: a bare Debian each, in a folder that becomes its root. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { debianSource, run, toolFolder } from '../prebuild/tools.mts';
import type { Manager } from './managers.mts';

/** By their names at Debian's archive. The oldest that is still there has the oldest C library that can be run here. */
export const releases = ['bookworm', 'bullseye'];

/** Why no root can be made on this machine, if so. */
export function noRoots(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes the rights of root';
  if (!existsSync('/usr/sbin/debootstrap')) return 'debootstrap is not installed';
  if (!existsSync('/etc/apt/sources.list.d/debian.sources')) return 'this is not Debian';
  return undefined;
}

/** What could compile, or help to. */
const builders = ['cc', 'c++', 'gcc', 'g++', 'clang', 'cmake', 'make', 'ninja', 'python3'];
const PATH = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** As on this machine, so that npm finds its configuration where it is here. */
const HOME = homedir();
const PROJECT = join(HOME, 'project');

/** A release with the Node.js and the npm of this machine, and an empty project. */
export function createRoot(release: string): { folder: string; libc: string; manager: Manager } {
  const root = join(toolFolder, `root-${release}`);
  if (!existsSync(root)) bootstrap(release, root);
  const builder = builders.find((name) => PATH.some((path) => existsSync(join(root, path, name))));
  if (builder) throw new Error(`${root} has ${builder}`);

  for (const left of [PROJECT, join(HOME, '.npm')])
    rmSync(join(root, left), { recursive: true, force: true });
  for (const path of settings()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(path, join(root, path));
  }
  const inside = (command: string, ...options: string[]) =>
    run('chroot', [root, 'sh', '-c', 'cd "$0" && exec "$@"', PROJECT, command, ...options], {
      HOME,
      PATH: PATH.join(':'),
      NODE_NO_WARNINGS: '1',
    });
  const manager: Manager = {
    install(_, tarball) {
      copyFileSync(tarball, join(root, HOME, basename(tarball)));
      inside('npm', 'install', '--no-audit', '--no-fund', `../${basename(tarball)}`);
    },
    node: (_, file) => inside('node', file),
  };
  const folder = join(root, PROJECT);
  mkdirSync(folder, { recursive: true });
  const libc = inside('node', '-p', 'process.report.getReport().header.glibcVersionRuntime').trim();
  return { folder, libc, manager };
}

function bootstrap(release: string, root: string): void {
  const [, archive] = debianSource().match(/^URIs: *(\S+)/m) ?? [];
  const unfinished = `${root}-unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  run('debootstrap', ['--variant=minbase', release, unfinished, archive as string]);
  const cli = realpathSync(join(process.execPath, '../npm'));
  const modules = join(unfinished, 'usr/lib/node_modules/npm');
  cpSync(dirname(dirname(cli)), modules, { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(unfinished, 'usr/bin/npm'));
  cpSync(process.execPath, join(unfinished, 'usr/bin/node'));
  renameSync(unfinished, root);
}

/** The files that say how this machine reaches the registry. */
function settings(): string[] {
  const npm = ['userconfig', 'globalconfig'].map((name) =>
    run('npm', ['config', 'get', name]).trim(),
  );
  const all = ['/etc/resolv.conf', '/etc/hosts', process.env.NODE_EXTRA_CA_CERTS ?? '', ...npm];
  return all.filter(existsSync);
}
