/** What the package brings binaries for. The prebuild script, the checks and the tests of the package take their lists from here. */
export interface Platform {
  /** The file in cmake/ that says how it is compiled. */
  name: string;
  platform: 'linux' | 'win32' | 'darwin';
  arch: 'x64' | 'arm64';
  /** Debian's packages that build it on linux-x64, and look at it. */
  packages: string[];
  /** What its OpenMP library is compiled for, as configure names it. */
  host: string;
  /** What zig links it for, and compiles that library for, with these options. None: GCC's tools do. */
  zig?: { target: string; options?: string[] };
}

/** What compilers call an architecture. */
export const machineOf = (arch: Platform['arch']) => ({ x64: 'x86_64', arm64: 'aarch64' })[arch];

export const oldestMacos = '13.5';

export const platforms: Platform[] = [
  ...(['x64', 'arm64'] as const).map((arch): Platform => {
    const machine = machineOf(arch);
    return {
      name: `linux-${arch}`,
      platform: 'linux',
      arch,
      packages: [arch === 'x64' ? 'g++' : 'g++-aarch64-linux-gnu'],
      host: `${machine}-linux-gnu`,
      // Thread-local variables by keys of POSIX, which both C libraries have: else each would find them in its own way.
      zig: { target: `${machine}-linux-gnu.2.28`, options: ['-femulated-tls'] },
    };
  }),
  {
    name: 'win32-x64',
    platform: 'win32',
    arch: 'x64',
    packages: ['g++-mingw-w64-x86-64-posix'],
    host: 'x86_64-w64-mingw32',
  },
  ...(['arm64', 'x64'] as const).map((arch): Platform => {
    const machine = machineOf(arch);
    return {
      name: `darwin-${arch}`,
      platform: 'darwin',
      arch,
      packages: ['llvm'],
      host: `${machine}-apple-darwin22`,
      zig: { target: `${machine}-macos.${oldestMacos}` },
    };
  }),
];

/** The newest glibc that a binary may need: that of Debian 10 and RHEL 8. */
export const newestGlibc = '2.28';

/** The most bytes of a binary: up to 300,000, the OpenMP library, and on Windows that of threads which it needs. */
const binaryLimits = { linux: 360_000, darwin: 310_000, win32: 387_000 };
export const binaryLimit = ({ platform }: Platform) => binaryLimits[platform];
export const tarballLimit = 1_500_000;

/** Where node-gyp-build looks for the binary, from the root of the package. */
export function binaryOf({ platform, arch }: Platform): string {
  return `prebuilds/${platform}-${arch}/rmsprop.node`;
}

/** Where the hash of a binary is. */
export const hashOf = (binary: string) => `${binary}.sha256`;

/** The platform of this machine. */
export function own(): Platform {
  const { platform, arch } = process;
  const found = platforms.find((each) => each.platform === platform && each.arch === arch);
  if (!found) throw new Error(`There is no binary for ${platform} on ${arch}`);
  return found;
}
