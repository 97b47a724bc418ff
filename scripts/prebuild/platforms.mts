import { existsSync } from 'node:fs';

/** What the package brings binaries for. The prebuild script, the checks and the tests of the package take their lists from here. */
export interface Platform {
  /** The file in cmake/ that says how it is compiled, if not by the compiler of the machine itself. */
  name: string;
  platform: 'linux' | 'win32' | 'darwin';
  arch: 'x64' | 'arm64';
  libc?: 'glibc' | 'musl';
  /** Debian's packages that build it on linux-x64. None: only its own machines do. */
  packages?: string[];
}

const packages = { x64: ['g++'], arm64: ['g++-aarch64-linux-gnu'] };

export const platforms: Platform[] = [
  ...(['x64', 'arm64'] as const).flatMap((arch) =>
    (['glibc', 'musl'] as const).map((libc): Platform => {
      const name = `linux-${arch}-${libc}`;
      return { name, platform: 'linux', arch, libc, packages: packages[arch] };
    }),
  ),
  {
    name: 'win32-x64',
    platform: 'win32',
    arch: 'x64',
    packages: ['g++-mingw-w64-x86-64-posix'],
  },
  { name: 'darwin-arm64', platform: 'darwin', arch: 'arm64' },
  { name: 'darwin-x64', platform: 'darwin', arch: 'x64' },
];

/** The newest versions of the C and C++ libraries that a binary may need: those of Debian 10 and RHEL 8. */
export const newestSymbols = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11', GCC: '7.0.0' };

/** The most bytes of a binary, of which the kernel for x64 has 330,000, the OpenMP library 80,000, and on Windows that of C++ the rest. */
const binaryLimits = { linux: 410_000, darwin: 410_000, win32: 685_000 };
export const binaryLimit = ({ platform }: Platform) => binaryLimits[platform];
export const tarballLimit = 1_500_000;

/** Where node-gyp-build looks for the binary, from the root of the package. */
export function binaryOf({ platform, arch, libc }: Platform): string {
  return `prebuilds/${platform}-${arch}/rmsprop${libc ? `.${libc}` : ''}.node`;
}

/** Where the hash of a binary is. */
export const hashOf = (binary: string) => `${binary}.sha256`;

/** The platform of this machine. */
export function own(): Platform {
  const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
  const { platform, arch } = process;
  const found = platforms.find(
    (each) => each.platform === platform && each.arch === arch && (each.libc ?? libc) === libc,
  );
  if (!found) throw new Error(`There is no binary for ${platform} on ${arch}`);
  return found;
}
