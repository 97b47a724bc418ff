import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The binary that the package loads. */
export function binaryFile(): string {
  const { path } = createRequire(import.meta.url)('node-gyp-build') as {
    path(folder: string): string;
  };
  return path(fileURLToPath(new URL('../..', import.meta.url)));
}

/** What a tool of binutils prints; undefined if it is not installed, or fails. */
export function output(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}
