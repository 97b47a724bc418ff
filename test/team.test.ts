import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runChild } from './async/child.js';
import { compile } from './compile.js';

/** Steps that are the first of their optimizer, and so take threads; each by parts that are too small for that, too. */
const worker = `
  const { RMSprop } = require(root);
  const { workerData } = require('node:worker_threads');
  const length = 300_000, part = 100_000;
  const gradient = new Float32Array(length).map((_, i) => Math.sin(i));
  for (let t = 0; t < 40; t++) {
    const [whole, parts] = [new Float32Array(length), new Float32Array(length)];
    new RMSprop(whole).step(gradient);
    for (let at = 0; at < length; at += part) {
      new RMSprop(parts.subarray(at, at + part)).step(gradient.subarray(at, at + part));
    }
    if (Buffer.compare(Buffer.from(whole.buffer), Buffer.from(parts.buffer))) workerData[0]++;
  }`;

/** Compiles what is to be loaded before a program, and returns how to run one with it. */
function preloading(name: string) {
  const library = join(__dirname, `../build/${name}.so`);
  compile('-shared', '-fPIC', join(__dirname, `${name}.cpp`), '-o', library);
  return ['env', `LD_PRELOAD=${library}`];
}

test.runIf(process.platform === 'linux')(
  'steps of several JavaScript threads each wait for their own part of the work of the team',
  async () => {
    const end = await runChild(
      `configure({ threads: 2 });
      const wrong = new Int32Array(new SharedArrayBuffer(4));
      const workers = [0, 1, 2].map(() => worker(${JSON.stringify(worker)}, wrong));
      await Promise.all(workers.map((each) => once(each, 'exit')));
      console.log(wrong[0]);`,
      preloading('slow-unlock'),
    );
    expect(end).toEqual({ code: 0, signal: null, stdout: '0', stderr: '' });
  },
);

test.runIf(process.platform === 'linux').each([
  ['end, where they can', undefined, 'true'],
  ['sleep on, where the system cannot end them', 'without-libgcc', 'false'],
])('threads that are more than was configured %s', async (_, preloaded, fewer) => {
  const end = await runChild(
    `const optimizer = new RMSprop(tensor());
    const steps = () => { for (let t = 0; t < 4; t++) optimizer.step(tensor()); };
    configure({ threads: 4 });
    steps();
    const before = teamSize();
    configure({ threads: 2 });
    for (let look = 0; look < 40 && teamSize() === before; look++) await sleep(25);
    console.log(teamSize() < before);
    steps();`,
    preloaded ? preloading(preloaded) : [],
  );
  expect(end).toEqual({ code: 0, signal: null, stdout: fewer, stderr: '' });
});
