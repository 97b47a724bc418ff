/**
 * Makes the binaries that the package brings along, on Debian for x64: npm run prebuild [-- NAME…], by default all. Each is
 * then looked at: what it needs of the system, and how large it is.
 */
import { existsSync } from 'node:fs';
import { build } from './build.mts';
import { inspect } from './inspect.mts';
import { platforms } from './platforms.mts';

const names = process.argv.slice(2);
const unknown = names.find((name) => !platforms.some((platform) => platform.name === name));
if (unknown)
  throw new Error(
    `Expected ${platforms.map(({ name }) => name).join(', ')}, but received ${unknown}`,
  );
if (!existsSync('/etc/debian_version') || process.arch !== 'x64')
  throw new Error('Binaries are made on Debian for x64');

for (const platform of platforms) {
  if (names.length && !names.includes(platform.name)) continue;
  const start = performance.now();
  build(platform);
  const findings = inspect(platform);
  const seconds = (performance.now() - start) / 1000;
  console.log(`${platform.name}: ${findings}, in ${seconds.toFixed(0)} s`);
}
