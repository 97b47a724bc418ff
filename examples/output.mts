import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runtime } from 'rmsprop';
import { Failure } from './failure.mts';

/** Runs a program; what the user can mend is told in a sentence. */
export async function main(program: () => unknown): Promise<void> {
  try {
    await program();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(error.message);
    process.exitCode = error.exitCode;
  }
}

/** Which build of the package does the steps. */
export function engine(): string {
  const { version, native, isa, threads } = runtime();
  return native
    ? `rmsprop ${version} · ${isa} · ${threads} ${threads === 1 ? 'thread' : 'threads'}`
    : `rmsprop ${version} · in TypeScript, without the native kernel`;
}

/** Writes a file, and says so. */
export function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new Failure(`Could not write ${resolve(path)}: ${(error as Error).message}.`);
  }
  console.log(`Wrote ${resolve(path)}`);
}
