import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildSync, transformSync } from 'esbuild';
import { npmPackage, root, run } from '../prebuild/tools.mts';
import { program } from './program.mts';

/** Ways to turn the program into a file that runs: each writes into a folder and returns the name of that file. */
export const modules = {
  CommonJS: (folder: string) => plain(folder, 'cjs', 'cjs'),
  'ES modules': (folder: string) => plain(folder, 'mjs', 'esm'),
  'TypeScript, node16': (folder: string) => compiled(folder, { module: 'node16' }),
  'TypeScript, nodenext': (folder: string) => compiled(folder, { module: 'nodenext' }),
  'TypeScript, bundler': (folder: string) =>
    compiled(folder, { module: 'esnext', moduleResolution: 'bundler' }),
  esbuild(folder: string) {
    const entry = join(folder, 'server.ts');
    writeFileSync(entry, program);
    const external = ['rmsprop'];
    const options = { bundle: true, platform: 'node', format: 'cjs', external } as const;
    buildSync({ entryPoints: [entry], outfile: join(folder, 'esbuild.cjs'), ...options });
    return 'esbuild.cjs';
  },
  'as in Electron'(folder: string) {
    const name = plain(folder, 'cjs', 'cjs');
    writeFileSync(join(folder, 'electron.cjs'), `${asElectron}require('./${name}');\n`);
    return 'electron.cjs';
  },
  webpack(folder: string) {
    const options = {
      mode: 'production',
      target: 'node',
      entry: join(folder, plain(folder, 'mjs', 'esm')),
      externals: { rmsprop: 'commonjs rmsprop' },
      output: { path: folder, filename: 'webpack.cjs' },
    };
    const script = `require(process.argv[1])(JSON.parse(process.argv[2]), (error, stats) => {
      if (error || stats.hasErrors()) throw error ?? new Error(stats.toString());
    });`;
    run(process.execPath, [
      '-e',
      script,
      npmPackage('webpack', '5.113.0'),
      JSON.stringify(options),
    ]);
    return 'webpack.cjs';
  },
};

/** Electron is another runtime with another ABI than Node.js; this is what tells. */
const asElectron = `const versions = { ...process.versions, electron: '40.0.0', modules: '140' };
Object.defineProperty(process, 'versions', { value: versions });
`;

export type ModuleSystem = keyof typeof modules;

function plain(folder: string, ending: string, format: 'cjs' | 'esm'): string {
  const name = `program.${ending}`;
  writeFileSync(join(folder, name), transformSync(program, { loader: 'ts', format }).code);
  return name;
}

function compiled(folder: string, options: { module: string; moduleResolution?: string }): string {
  writeFileSync(join(folder, 'program.mts'), program);
  const typeRoots = [join(root, 'node_modules/@types')];
  const compilerOptions = {
    ...options,
    target: 'es2022',
    strict: true,
    esModuleInterop: true,
    types: ['node'],
    typeRoots,
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['program.mts'] }),
  );
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  run(process.execPath, [tsc, '-p', folder]);
  return 'program.mjs';
}
