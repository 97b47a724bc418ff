import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from './compile.js';

const root = join(__dirname, '..');
const limit = join(root, 'build/thread-limit.so');

/** Prints how many threads steps made under the limit, and how many numbers were wrong then, and later without it. */
const code = (left: number) => `
  const { configure, RMSprop } = require(${JSON.stringify(root)});
  const { readdirSync } = require('node:fs');
  const value = (i) => Math.sin(i);
  const make = () => {
    const w = new Float32Array(400_000).map((_, i) => value(i));
    return { w, optimizer: new RMSprop(w), gradient: w.map((_, i) => value(i + 7)) };
  };
  const steps = ({ optimizer, gradient }, count) => {
    for (let t = 0; t < count; t++) optimizer.step(gradient);
  };
  const wrong = (a, b) => a.w.reduce((sum, x, i) => sum + !Object.is(x, b.w[i]), 0);

  const alone = make(), together = make();
  configure({ threads: 1 });
  steps(alone, 4);

  const before = readdirSync('/proc/self/task').length;
  configure({ threads: 1024 });
  process.env.THREADS_LEFT = '${left}';
  steps(together, 4);
  const made = readdirSync('/proc/self/task').length - before;
  const wrongUnderLimit = wrong(together, alone);

  delete process.env.THREADS_LEFT;
  steps(together, 4);
  configure({ threads: 1 });
  steps(alone, 4);
  console.log(JSON.stringify({ made, wrongUnderLimit, wrongAfter: wrong(together, alone) }));`;

/** Steps of both kinds in turn, of which synchronous ones need a thread less; prints the size of the team after each. */
const inTurn = `
  const { configure, RMSprop } = require(${JSON.stringify(root)});
  const { readdirSync } = require('node:fs');
  const w = new Float32Array(400_000);
  const optimizer = new RMSprop(w);
  const before = readdirSync('/proc/self/task').length;
  const size = () => readdirSync('/proc/self/task').length - before;
  (async () => {
    const sizes = [];
    process.env.THREADS_LEFT = '4';
    for (const threads of [2, 4]) {
      configure({ threads });
      for (let t = 0; t < 4; t++) await optimizer.stepAsync(w.slice());
      sizes.push(size());
    }
    for (let t = 0; t < 4; t++) {
      optimizer.step(w.slice());
      if (t === 2) process.env.THREADS_LEFT = '0';
      await optimizer.stepAsync(w.slice());
    }
    console.log(JSON.stringify(sizes));
  })();`;

describe.runIf(process.platform === 'linux')('where threads cannot be made', () => {
  beforeAll(() => compile('-shared', '-fPIC', join(__dirname, 'thread-limit.cpp'), '-o', limit));

  const run = (source: string) => {
    const { status, signal, stderr, stdout } = spawnSync(process.execPath, ['-e', source], {
      encoding: 'utf8',
      env: { ...process.env, LD_PRELOAD: limit },
    });
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    return JSON.parse(stdout);
  };

  test.each([0, 1, 5])('but for %i, steps take those that there are', (left) => {
    const { made, ...wrong } = run(code(left));
    expect(made).toBeLessThanOrEqual(left);
    expect(wrong).toEqual({ wrongUnderLimit: 0, wrongAfter: 0 });
  });

  test('these steps would make more than that', () => {
    expect(run(code(1024)).made).toBeGreaterThan(5);
  });

  test('teams grow by what they lack, and do with fewer threads when those that ended do not come back', () => {
    expect(run(inTurn)).toEqual([2, 4]);
  });
});
