import { statSync } from 'node:fs';
import { join } from 'node:path';
import { binaryLimit, binaryOf, newestGlibc, oldestMacos, type Platform } from './platforms.mts';
import { root, run } from './tools.mts';

/** Looks at a binary without running it: throws if it is too large or needs too new a system, else says what it needs. */
export function inspect(platform: Platform): string {
  const binary = join(root, binaryOf(platform));
  const { size } = statSync(binary);
  const limit = binaryLimit(platform);
  if (size > limit) throw new Error(`${binary} has ${size} bytes, more than ${limit}`);
  const findings = [`${size} bytes`];
  if (platform.platform === 'linux') findings.push(glibc(binary));
  if (platform.platform === 'darwin') findings.push(...macos(binary, platform));
  return findings.join(', ');
}

/** The newest version of glibc that an ELF file needs, which needs nothing else but Node-API. */
function glibc(binary: string): string {
  const headers = run('readelf', ['--wide', '--dynamic', '--section-headers', binary]);
  if (/ \.(symtab|debug_info)/.test(headers)) throw new Error(`${binary} is not stripped`);
  // musl does not have this name of glibc's.
  if (/\[ld-linux/.test(headers)) throw new Error(`${binary} needs the loader of glibc`);
  const symbols = run('nm', ['--dynamic', '--undefined-only', '--format=posix', binary])
    .split('\n')
    .map((line) => line.split(' ')[0] as string)
    .filter((symbol) => symbol !== '' && !symbol.startsWith('napi_'));
  const versions = symbols.map((symbol) => {
    const [, version] = symbol.match(/@GLIBC_([0-9.]+)$/) ?? [];
    if (version === undefined) throw new Error(`${binary} needs ${symbol}, which glibc has not`);
    return version;
  });
  const newest = versions.sort(byVersion).at(-1) as string;
  if (byVersion(newest, newestGlibc) > 0)
    throw new Error(`${binary} needs glibc ${newest}, which is newer than ${newestGlibc}`);
  return `glibc ${newest}`;
}

const byVersion = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });

/** What a Mach-O file needs: its system, and libraries of that which are named for each symbol but those of Node-API. */
function macos(binary: string, { arch }: Platform): string[] {
  const commands = run('llvm-objdump', ['--macho', '--private-headers', binary]);
  const [, oldest] = commands.match(/\bminos ([0-9.]+)/) ?? [];
  if (oldest !== oldestMacos) throw new Error(`${binary} is for macOS ${oldest}`);
  if (arch === 'arm64' && !commands.includes('LC_CODE_SIGNATURE'))
    throw new Error(`${binary} is not signed`);
  const symbols = run('llvm-nm', ['--format=darwin', '--undefined-only', binary]).split('\n');
  const alien = symbols.find(
    (line) => /external (?!_napi_)/.test(line) && !line.includes('(from '),
  );
  if (alien) throw new Error(`${binary} needs something of an unknown library:${alien}`);
  const misplaced = symbols.find((line) => / _napi_\w+ \(from /.test(line));
  if (misplaced)
    throw new Error(`${binary} looks for Node-API elsewhere than in Node.js:${misplaced}`);
  return [`macOS ${oldest}`];
}
