import { execFileSync } from 'node:child_process';

/** An environment without the libraries of the sanitizers (sanitize.sh), which programs of their own bring along. */
export const withoutPreload = { ...process.env, LD_PRELOAD: '' };

/** Compiles and links what the arguments name. */
export function compile(...args: readonly string[]) {
  execFileSync('g++', ['-std=c++20', '-O1', ...args], { env: withoutPreload });
}
