/**
 * Makes the binaries that the package brings along: npm run prebuild [-- NAME…], by default all that this machine can make.
 * Each is then looked at: what it needs of the system, and how large it is.
 */
import { build, canBuild } from './build.mts';
import { inspect } from './inspect.mts';
import { platforms } from './platforms.mts';

const names = process.argv.slice(2);
const unknown = names.find((name) => !platforms.some((platform) => platform.name === name));
if (unknown)
  throw new Error(
    `Expected ${platforms.map(({ name }) => name).join(', ')}, but received ${unknown}`,
  );

const chosen = platforms.filter((platform) =>
  names.length ? names.includes(platform.name) : canBuild(platform),
);
for (const platform of chosen) {
  const start = performance.now();
  build(platform);
  const findings = inspect(platform);
  console.log(
    `${platform.name}: ${findings}, in ${((performance.now() - start) / 1000).toFixed(0)} s`,
  );
}
const others = platforms.filter((platform) => !canBuild(platform) && !chosen.includes(platform));
if (!names.length && others.length) {
  console.log(`Only their own machines make ${others.map(({ name }) => name).join(', ')}`);
}
