import { statSync } from 'node:fs';
import { join } from 'node:path';
import { binaryLimit, binaryOf, newestSymbols, type Platform } from './platforms.mts';
import { root, run } from './tools.mts';

/** Looks at a binary without running it: throws if it is too large or needs too new a system, else says what it needs. */
export function inspect(platform: Platform): string {
  const binary = join(root, binaryOf(platform));
  const { size } = statSync(binary);
  const limit = binaryLimit(platform);
  if (size > limit) throw new Error(`${binary} has ${size} bytes, more than ${limit}`);
  const findings = [`${size} bytes`];
  if (platform.platform === 'linux') findings.push(...symbolVersions(binary));
  return findings.join(', ');
}

/** The newest version of each library that an ELF file asks for. */
function symbolVersions(binary: string): string[] {
  const text = run('readelf', ['--wide', '--version-info', '--section-headers', binary]);
  if (/ \.(symtab|debug_info)/.test(text)) throw new Error(`${binary} is not stripped`);
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
