import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binaryOf, hashOf, type Platform } from './platforms.mts';
import { gccSources, requireDebian, root, run, toolFolder, zig } from './tools.mts';

export function build(target: Platform): void {
  const { name, platform, arch, packages } = target;
  const linker = target.zig
    ? [`--CDRMSPROP_ZIG=${zig()}`, `--CDRMSPROP_TARGET=${target.zig.target}`]
    : [];
  requireDebian('cmake', 'make', ...packages);

  const folder = join(root, 'build-prebuild', name);
  run(process.execPath, [
    join(root, 'node_modules/cmake-js/bin/cmake-js'),
    ...['compile', '--out', join(folder, 'build')],
    `--CDCMAKE_TOOLCHAIN_FILE=${join(root, 'cmake', `${name}.cmake`)}`,
    ...linker,
    `--CDRMSPROP_LIBGOMP=${libgomp(target)}`,
  ]);

  // What prebuildify would build itself is there already: it calls a program that does nothing.
  run(process.execPath, [
    join(root, 'node_modules/prebuildify/bin.js'),
    ...['--napi', '--name', 'rmsprop', '--platform', platform, '--arch', arch],
    ...['--cwd', folder, '--out', root, '--node-gyp', 'true'],
  ]);
  // Which the package compares before it loads the binary.
  const binary = join(root, binaryOf(target));
  const hash = createHash('sha256').update(readFileSync(binary)).digest('hex');
  writeFileSync(hashOf(binary), `${hash}\n`);
}

/** The OpenMP library, to be linked into the binary. */
function libgomp({ name, host, zig: by }: Platform): string {
  const library = join(toolFolder, 'libgomp', name, 'libgomp.a');
  const tools = by
    ? [`${zig()} ar`, zig(), 'cc', '-target', by.target, ...(by.options ?? [])]
    : [`${host}-ar`, `${host}-gcc-posix`];
  run('sh', [join(root, 'scripts/prebuild/libgomp.sh'), gccSources(), library, host, ...tools]);
  return library;
}
