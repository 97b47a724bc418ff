import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Isa, runtime } from '../lib/index.js';
import { canCompile, compile } from './compile.js';
import { times } from './times.js';

// Those flags of the kernel's that make a difference to arithmetic or silence false alarms (CMakeLists.txt).
const flags = [
  ...['-O3', '-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math'],
  ...['-Wno-uninitialized', '-Wno-maybe-uninitialized', '-Wno-ignored-attributes'],
];
const programOf = (name: string) => join(__dirname, '../build', name);
const isaFlags = {
  avx512: ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mfma'],
  avx2: ['-mavx2', '-mfma', '-mf16c'],
};
function build(name: string, isa: keyof typeof isaFlags, ...more: string[]) {
  const source = join(__dirname, `${name}.cpp`);
  compile(...flags, ...more, ...isaFlags[isa], source, '-o', programOf(name));
}

const has = (isa: Isa) => canCompile && runtime().availableIsas.includes(isa);
if (canCompile && !has('avx512'))
  console.log(`Skipped: this processor has no ${has('avx2') ? 'AVX-512' : 'AVX2'}`);

function expectNoneWrong(output: string, expectedCases: number) {
  expect(output).toMatch(/^\d+ cases, 0 wrong\n$/);
  expect(Number.parseInt(output, 10)).toBeGreaterThan(expectedCases);
}

describe.runIf(has('avx512'))('square roots and quotients from fused operations', () => {
  beforeAll(() => {
    build('exact-operations', 'avx512');
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

describe.each([
  ['avx512', 16],
  ['avx2', 8],
] as const)('%s', (isa, lanes) => {
  test.runIf(has(isa))('operations that avoid denormal numbers: none is wrong', () => {
    build('careful-operations', isa, '-O1');
    const vectors = times(2 ** 18, 2 ** 22);
    const program = programOf('careful-operations');
    const output = execFileSync(program, [`${vectors}`], { encoding: 'utf8' });
    // Seven operations, on these and on each three of 118 special values.
    expectNoneWrong(output, 7 * lanes * (vectors + 118 ** 3) - 1);
  });
});

test.runIf(has('avx2'))('multiply-adds where there is no instruction: none is wrong', () => {
  build('emulated-fma', 'avx2');
  const each = times(2 ** 20, 2 ** 26);
  const output = execFileSync(programOf('emulated-fma'), [`${each}`], { encoding: 'utf8' });
  expectNoneWrong(output, 2 * 4 * each - 1);
});
