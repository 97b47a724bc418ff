import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binaryOf, hashOf, type Platform } from './platforms.mts';
import { gccSources, requireDebian, root, run, toolFolder, zig } from './tools.mts';

const isDebian =
  process.platform === 'linux' && process.arch === 'x64' && existsSync('/etc/debian_version');

/** Whether this machine can make the binary: its own kind, or Debian all that a cross compiler is there for. */
export function canBuild({ platform, arch, packages }: Platform): boolean {
  if (isDebian) return packages !== undefined;
  return platform !== 'linux' && platform === process.platform && arch === process.arch;
}

export function build(target: Platform): void {
  const { name, platform, arch, libc, packages } = target;
  if (!canBuild(target)) throw new Error(`${name} cannot be built on this machine`);
  if (isDebian) requireDebian('cmake', 'make', ...(packages ?? []));

  const folder = join(root, 'build-prebuild', name);
  const out = join(folder, 'build');
  const toolchain = join(root, 'cmake', `${name}.cmake`);
  const options = ['compile', '--out', out, `--CDCMAKE_TOOLCHAIN_FILE=${toolchain}`];
  if (platform === 'linux') options.push(...linuxOptions(target));
  run(process.execPath, [join(root, 'node_modules/cmake-js/bin/cmake-js'), ...options]);

  // What prebuildify would build itself is there already: it calls a program that does nothing.
  const builder = process.platform === 'win32' ? 'node --version' : 'true';
  run(process.execPath, [
    join(root, 'node_modules/prebuildify/bin.js'),
    ...['--napi', '--name', 'rmsprop', '--platform', platform, '--arch', arch],
    ...(libc ? ['--tag-libc', libc] : []),
    ...['--cwd', folder, '--out', root, '--node-gyp', builder],
  ]);
  // Which the package compares before it loads the binary.
  const binary = join(root, binaryOf(target));
  const hash = createHash('sha256').update(readFileSync(binary)).digest('hex');
  writeFileSync(hashOf(binary), `${hash}\n`);
}

function linuxOptions({ name, arch, libc }: Platform): string[] {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[arch];
  const host = `${machine}-linux-${libc === 'musl' ? 'musl' : 'gnu'}`;
  const target = libc === 'musl' ? host : `${host}.2.28`;
  const library = join(toolFolder, 'libgomp', name, 'libgomp.a');
  run('sh', [
    join(root, 'scripts/prebuild/libgomp.sh'),
    gccSources(),
    zig(),
    target,
    host,
    library,
  ]);
  return [`--CDRMSPROP_ZIG=${zig()}`, `--CDRMSPROP_LIBGOMP=${library}`];
}
