import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a rank tells the test. Not by its output, into which mpirun mixes that of other ranks. */
export function report(verdict: { rank: number; [name: string]: unknown }): void {
  const folder = process.env.RMSPROP_VERDICTS ?? '.';
  writeFileSync(join(folder, `${verdict.rank}.json`), JSON.stringify(verdict));
}

/** What an error is known by. */
export function describe(error: unknown): { code?: string; message: string } {
  const { code, message } = error as { code?: string; message: string };
  return { ...(code === undefined ? {} : { code }), message };
}

/** The error of a call; undefined if there is none. */
export function failureOf(run: () => unknown): ReturnType<typeof describe> | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return describe(error);
  }
}
