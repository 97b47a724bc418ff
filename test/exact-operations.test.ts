import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runtime } from '../lib/index.js';

// Those flags of the kernel's that make a difference to arithmetic or silence false alarms (CMakeLists.txt).
const flags = [
  ...['-std=c++20', '-O3', '-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math'],
  ...['-Wno-uninitialized', '-Wno-maybe-uninitialized', '-Wno-ignored-attributes'],
];
const programOf = (name: string) => join(__dirname, '../build', name);
function compile(name: string, isa: readonly string[]) {
  execFileSync('g++', [...flags, ...isa, join(__dirname, `${name}.cpp`), '-o', programOf(name)]);
}

const isas = runtime().availableIsas;
const avx512 = isas.includes('avx512');
const avx2 = isas.includes('avx2');
if (!avx512) console.log(`Skipped: this processor has no ${avx2 ? 'AVX-512' : 'AVX2'}`);

function expectNoneWrong(output: string, expectedCases: number) {
  expect(output).toMatch(/^\d+ cases, 0 wrong\n$/);
  expect(Number.parseInt(output, 10)).toBeGreaterThan(expectedCases);
}

describe.runIf(avx512)('square roots and quotients from fused operations', () => {
  beforeAll(() => {
    compile('exact-operations', ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mfma']);
  });

  // The program says what each proof is, and how.
  test.each([
    ['square-roots', 2 ** 32],
    ['estimates-of-roots', 2 ** 24],
    ['quotients-near-midpoints', 100e6],
    ['quotients-of-all-kinds', 250e6],
  ])('%s: none is wrong', (proof, expectedCases) => {
    const program = programOf('exact-operations');
    expectNoneWrong(execFileSync(program, [proof], { encoding: 'utf8' }), expectedCases);
  });
});

test.runIf(avx2)('operations that avoid denormal numbers: none is wrong', () => {
  compile('careful-operations', ['-O1', '-mavx2', '-mfma', '-mf16c']);
  const vectors = process.env.RMSPROP_SOAK ? 2 ** 22 : 2 ** 19;
  const output = execFileSync(programOf('careful-operations'), [`${vectors}`], {
    encoding: 'utf8',
  });
  // Seven operations on 8 lanes, of these and of each three of 118 special values.
  expectNoneWrong(output, 56 * (vectors + 118 ** 3) - 1);
});
