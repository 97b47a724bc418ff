import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runtime } from '../lib/index.js';

const program = join(__dirname, '../build/exact-operations');
// Those of the kernel's that make a difference to arithmetic or silence false alarms (CMakeLists.txt).
const flags = [
  ...['-std=c++20', '-O3', '-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math'],
  ...['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mfma'],
  ...['-Wno-uninitialized', '-Wno-maybe-uninitialized', '-Wno-ignored-attributes'],
];

const avx512 = runtime().availableIsas.includes('avx512');
if (!avx512) console.log('Skipped: this processor has no AVX-512');

describe.runIf(avx512)('square roots and quotients from fused operations', () => {
  beforeAll(() => {
    execFileSync('g++', [...flags, join(__dirname, 'exact-operations.cpp'), '-o', program]);
  });

  // The program says what each proof is, and how.
  test.each([
    ['square-roots', 2 ** 32],
    ['estimates-of-roots', 2 ** 24],
    ['quotients-near-midpoints', 100e6],
    ['quotients-of-all-kinds', 250e6],
  ])('%s: none is wrong', (proof, expectedCases) => {
    const output = execFileSync(program, [proof], { encoding: 'utf8' });
    expect(output).toMatch(/^\d+ cases, 0 wrong\n$/);
    expect(Number.parseInt(output, 10)).toBeGreaterThan(expectedCases);
  });
});
