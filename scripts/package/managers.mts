import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmPackage, run, toolFolder } from '../prebuild/tools.mts';

/** A way to install a tarball into a folder, and to run a file there. */
export interface Manager {
  install(folder: string, tarball: string): void;
  /** What the output of a file in the folder is. */
  node(folder: string, file: string): string;
}

const registry = run('npm', ['config', 'get', 'registry']).trim();

/** A PATH with nothing that could compile. */
const bare = { PATH: join(toolFolder, 'bare-path'), CC: 'false', CXX: 'false' };
mkdirSync(bare.PATH, { recursive: true });
for (const [name, target] of [
  ['node', process.execPath],
  ['npm', join(process.execPath, '../npm')],
  ['sh', '/bin/sh'],
]) {
  const link = join(bare.PATH, name as string);
  if (!existsSync(link)) symlinkSync(target as string, link);
}

const inside = (folder: string, command: string, ...options: string[]) =>
  run('sh', ['-c', 'cd "$0" && exec "$@"', folder, command, ...options], {
    ...bare,
    NODE_NO_WARNINGS: '1',
  });
const node = (folder: string, file: string) => inside(folder, process.execPath, file);

export const managers: Record<'npm' | 'pnpm' | 'yarn', Manager> = {
  npm: {
    install: (folder, tarball) =>
      inside(folder, 'npm', 'install', '--no-audit', '--no-fund', tarball),
    node,
  },
  pnpm: {
    install(folder, tarball) {
      const pnpm = join(npmPackage('pnpm', '10.34.8'), 'bin/pnpm.cjs');
      inside(
        folder,
        process.execPath,
        pnpm,
        'add',
        '--store-dir',
        join(toolFolder, 'pnpm-store'),
        tarball,
      );
    },
    node,
  },
  yarn: {
    install(folder, tarball) {
      const settings = {
        nodeLinker: 'pnp',
        pnpEnableEsmLoader: true,
        npmRegistryServer: registry,
        enableGlobalCache: false,
        enableTelemetry: false,
        unsafeHttpWhitelist: [new URL(registry).hostname],
      };
      writeFileSync(join(folder, '.yarnrc.yml'), JSON.stringify(settings));
      writeFileSync(join(folder, 'yarn.lock'), '');
      const yarn = join(npmPackage('@yarnpkg/cli-dist', '4.18.1'), 'bin/yarn.js');
      inside(folder, process.execPath, yarn, 'add', `rmsprop@file:${tarball}`);
    },
    node(folder, file) {
      const hooks = ['--require', './.pnp.cjs', '--loader', './.pnp.loader.mjs', '--no-warnings'];
      return inside(folder, process.execPath, ...hooks, file);
    },
  },
};
