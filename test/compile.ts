import { execFileSync } from 'node:child_process';

/** An environment without the libraries of the sanitizers (sanitize.sh), which programs of their own bring along. */
export const withoutPreload = { ...process.env, LD_PRELOAD: '' };

/** Compiles and links what the arguments name, for another processor where CXX names its compiler. */
export function compile(...args: readonly string[]) {
  execFileSync(process.env.CXX ?? 'g++', ['-std=c++20', '-O1', ...args], { env: withoutPreload });
}
