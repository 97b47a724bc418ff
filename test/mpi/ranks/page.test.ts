import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { mpirun } from '../mpirun.js';

// Inside the package, so that it finds itself by its name, as an installed package is found.
const folder = mkdtempSync(join(__dirname, '../../../build-mpi/page-'));
afterAll(() => rmSync(folder, { recursive: true }));
const page = readFileSync(join(__dirname, '../../../docs/distributed.md'), 'utf8');
const blocks = [...page.matchAll(/^```(?:ts|js)\n(.*?)^```$/gms)].map(([, code]) => code as string);

test.each(blocks.map((code, i) => [i + 1, code] as const))('block %i runs', async (i, code) => {
  const file = join(folder, `block-${i}.mjs`);
  writeFileSync(file, code);
  const { code: end, stdout, stderr } = await mpirun(2, file);
  expect(end, stderr).toBe(0);
  if (i === 1) expect(stdout).toBe('the mean of 2 ranks: 1.5,3,4.5\n');
});
