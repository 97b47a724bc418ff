import { statSync } from 'node:fs';
import { join } from 'node:path';
import { binaryLimit, binaryOf, newestSymbols, oldestMacos, type Platform } from './platforms.mts';
import { root, run } from './tools.mts';

/** Looks at a binary without running it: throws if it is too large or needs too new a system, else says what it needs. */
export function inspect(platform: Platform): string {
  const binary = join(root, binaryOf(platform));
  const { size } = statSync(binary);
  const limit = binaryLimit(platform);
  if (size > limit) throw new Error(`${binary} has ${size} bytes, more than ${limit}`);
  const findings = [`${size} bytes`];
  if (platform.platform === 'linux') findings.push(...symbolVersions(binary));
  if (platform.platform === 'darwin') findings.push(...macos(binary, platform));
  return findings.join(', ');
}

/** The newest version of each library that an ELF file asks for. */
function symbolVersions(binary: string): string[] {
  const text = run('readelf', [
    '--wide',
    '--dynamic',
    '--version-info',
    '--section-headers',
    binary,
  ]);
  if (/ \.(symtab|debug_info)/.test(text)) throw new Error(`${binary} is not stripped`);
  // musl does not have this name of glibc's.
  if (/\[ld-linux/.test(text)) throw new Error(`${binary} needs the loader of glibc`);
  return Object.entries(newestSymbols).flatMap(([library, limit]) => {
    const versions = [...text.matchAll(new RegExp(`\\b${library}_([0-9.]+)`, 'g'))].map(
      ([, v]) => v as string,
    );
    const newest = versions.sort(byVersion).at(-1);
    if (newest === undefined) return [];
    if (byVersion(newest, limit) > 0) {
      throw new Error(`${binary} needs ${library}_${newest}, which is newer than ${limit}`);
    }
    return [`${library} ${newest}`];
  });
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
