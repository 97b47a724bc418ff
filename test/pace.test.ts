import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { canCompile } from './compile.js';

const program = join(__dirname, '../build/pace');
beforeAll(() => {
  execFileSync('g++', ['-std=c++20', '-O1', join(__dirname, 'pace.cpp'), '-o', program]);
});

// Steps alone take 10. The second step is always alone: it tells so.
test.runIf(canCompile).each([
  {
    case: 'threads that are never late are always used',
    together: [99, 5, 6, 9, 5],
    steps: 'n1nnnn',
  },
  {
    case: 'one late step is followed by one alone',
    together: [5, 5, 1000, 5, 5],
    steps: 'n1nn1nn',
  },
  {
    case: 'the step that wakes them after a pause does not count',
    together: [5, 50, 1000, 5, 5],
    steps: 'n1n1nnn',
  },
  {
    case: 'the more often they are late on end, the longer the pause',
    together: [5, 50, 5, 50, 5, 50, 5, 5, 50, 5],
    steps: 'n1n1nn111nn1111111nnn1n',
  },
])('$case', ({ together, steps }) => {
  expect(execFileSync(program, together.map(String), { encoding: 'utf8' })).toBe(steps);
});

test.runIf(canCompile)('a pause ends however often threads are late', () => {
  const together = Array.from({ length: 20 }, () => '50');
  const steps = execFileSync(program, together, { encoding: 'utf8' });
  expect(Math.max(...steps.split('n').map(({ length }) => length))).toBe(255);
});
