import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface End {
  code: number | null;
  stdout: string;
  stderr: string;
  /** What the ranks reported, in their order. */
  verdicts: Record<string, unknown>[];
  seconds: number;
}

/** Every number of ranks that tests go through. */
export const rankCounts = [1, 2, 3, 4];

/** Runs a file, of test/mpi/ranks/ or anywhere, on so many ranks. A run that hangs is ended, and has no code. */
export function mpirun(
  ranks: number,
  program: string,
  options: readonly string[] = [],
  environment: Record<string, string> = {},
): Promise<End> {
  const mpi = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', '-n', `${ranks}`];
  const node = [process.execPath, '--import', 'tsx', resolve(__dirname, 'ranks', program)];
  const verdictFolder = mkdtempSync(join(tmpdir(), 'rmsprop-verdicts-'));
  const begin = performance.now();
  return new Promise((resolve) => {
    const child = spawn('mpirun', [...mpi, ...node, ...options], {
      cwd: join(__dirname, '../..'),
      env: { ...process.env, ...environment, RMSPROP_VERDICTS: verdictFolder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    const limit = setTimeout(() => child.kill(), 120_000);
    child.on('close', (code) => {
      clearTimeout(limit);
      const files = readdirSync(verdictFolder).sort();
      const verdicts = files.map((file) =>
        JSON.parse(readFileSync(join(verdictFolder, file), 'utf8')),
      );
      rmSync(verdictFolder, { recursive: true });
      const seconds = (performance.now() - begin) / 1000;
      resolve({ code, ...texts, verdicts, seconds });
    });
  });
}
