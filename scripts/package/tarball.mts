import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { binaryOf, hashOf, platforms, tarballLimit } from '../prebuild/platforms.mts';
import { npmPackage, root, run, toolFolder } from '../prebuild/tools.mts';

/** Nothing else is published. */
const published = [
  /^(package\.json|README\.md|LICENSE|binding\.d\.ts|licenses\/[\w.-]+)$/,
  /^dist\/[\w/-]+(\.d)?\.[cm]?[jt]s(\.map)?$/,
  /^python\/[\w-]+\.py$/,
  // What builds the module for MPI.
  /^(native\/mpi\/[\w.-]+|native\/pin\.(cpp|h)|native\/system-thread\.h|scripts\/build-mpi\.sh)$/,
];

/** Packs what would be published, looks at it, and returns the tarball. */
export function pack(): string {
  // Comments are for the declarations, where editors look.
  run('npx', ['--no-install', 'tsc', '--emitDeclarationOnly']);
  run('npx', ['--no-install', 'tsc', '--removeComments', '--declaration', 'false']);
  rmSync(join(toolFolder, 'tarball'), { recursive: true, force: true });
  run('mkdir', ['-p', join(toolFolder, 'tarball')]);
  const options = ['--json', '--pack-destination', join(toolFolder, 'tarball')];
  const packed = JSON.parse(run('npm', ['pack', ...options]));
  const [{ filename, size, files }] = (Array.isArray(packed) ? packed : Object.values(packed)) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  const tarball = join(toolFolder, 'tarball', filename);

  const names = files.map(({ path }) => path);
  const binaries = platforms.map(binaryOf);
  const native = [...binaries, ...binaries.map(hashOf)];
  const alien = names.find(
    (name) => !native.includes(name) && !published.some((pattern) => pattern.test(name)),
  );
  if (alien) throw new Error(`${alien} is not to be published`);
  if (size > tarballLimit)
    throw new Error(`The tarball has ${size} bytes, more than ${tarballLimit}`);
  const { scripts = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const install = ['preinstall', 'install', 'postinstall'].find((name) => name in scripts);
  if (install || existsSync(join(root, 'binding.gyp')))
    throw new Error('Installing must run nothing');

  run('npx', ['--no-install', 'publint', '--strict']);
  const attw = join(npmPackage('@arethetypeswrong/cli', '0.18.5'), 'dist/index.js');
  run(process.execPath, [attw, tarball, '--profile', 'node16']);
  const present = names.filter((name) => binaries.includes(name));
  const unhashed = present.find((name) => !names.includes(hashOf(name)));
  if (unhashed) throw new Error(`${unhashed} has no hash`);
  console.log(
    `The tarball has ${size} bytes in ${names.length} files, with ${present.length} of ${binaries.length} binaries`,
  );
  return tarball;
}
