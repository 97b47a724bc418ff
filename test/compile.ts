import { execFileSync } from 'node:child_process';

/** An environment without the libraries of the sanitizers (sanitize.sh), which programs of their own bring along. */
export const withoutPreload = { ...process.env, LD_PRELOAD: '' };

/** On Windows there may be no such compiler. What is in that binary is compiled, and proved right, elsewhere. */
export const canCompile = process.platform !== 'win32';

/** Compiles and links what the arguments name, for another processor where CXX names its compiler. */
export function compile(...args: readonly string[]) {
  execFileSync(process.env.CXX ?? 'g++', ['-std=c++20', '-O1', ...args], { env: withoutPreload });
}
