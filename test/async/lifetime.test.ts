import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { times } from '../times.js';
import { runChild } from './child.js';

const TIMES = times(4, 100);

/** Each ends its process in the middle of a step: as often as this, each time in a process of its own. */
const endings: { name: string; code: string; exit: number; stderr: RegExp }[] = [
  {
    name: 'process.exit() at once',
    code: 'new Adam(tensor()).stepAsync(tensor()); process.exit(7);',
    exit: 7,
    stderr: /^$/,
  },
  {
    name: 'process.exit() a little later, with steps waiting',
    code: `const optimizer = new Adam(tensor(4_000_000));
      const gradient = tensor(4_000_000);
      for (let i = 0; i < 9; i++) optimizer.stepAsync(gradient).catch(() => {});
      await sleep(1 + Math.random() * 8);
      process.exit(7);`,
    exit: 7,
    stderr: /^$/,
  },
  {
    name: 'an error that nobody catches',
    code: `new Adam(tensor()).stepAsync(tensor());
      setImmediate(() => { throw new Error('on purpose'); });`,
    exit: 1,
    stderr: /Error: on purpose/,
  },
  {
    name: 'the end of the program, after the step',
    code: `new Adam(tensor()).stepAsync(tensor()).then(() => { process.exitCode = 7; });`,
    exit: 7,
    stderr: /^$/,
  },
];

test.each(endings)('$name: the process ends as it should', async ({ code, exit, stderr }) => {
  const one = async () => {
    for (let i = 0; i < TIMES / availableParallelism(); i++) {
      const end = await runChild(code);
      expect(end).toMatchObject({ code: exit, signal: null });
      expect(end.stderr).toMatch(stderr);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, one));
});

/** What a step in threads of the kernel's own survives. On Windows there are none, and it finds that its memory is gone. */
const transfers: Record<string, string> = {
  'memory that is transferred away and dropped in the middle of a step': `
    for (let i = 0; i < times; i++) {
      const [w, g] = [tensor(4_000_000), tensor(4_000_000)];
      const optimizer = new RMSprop(w);
      const step = optimizer.stepAsync(g);
      if (i % 2 && w.buffer.transfer) { w.buffer.transfer(); g.buffer.transfer(); }
      else structuredClone([w.buffer, g.buffer], { transfer: [w.buffer, g.buffer] });
      gc();
      await step;
      try { optimizer.step(g); throw new Error('no error'); }
      catch ({ code }) { if (code !== 'ERR_TENSOR_DETACHED') throw new Error(code); }
    }`,
  'memory that is transferred to a worker, which ends': `
    for (let i = 0; i < times; i++) {
      const w = tensor(4_000_000);
      const other = worker("require('node:worker_threads').parentPort.once('message', () => process.exit())");
      await once(other, 'online');
      const step = new RMSprop(w).stepAsync(tensor(4_000_000));
      other.postMessage(w.buffer, [w.buffer]);
      await once(other, 'exit');
      await step;
    }`,
};

/** In one process, as often as this. */
const happenings: Record<string, string> = {
  'an optimizer that nobody holds any more, and garbage collection': `
    for (let i = 0; i < times; i++) {
      let over = false;
      (() => { new Adam(tensor()).stepAsync(tensor()).then(() => { over = true; }); })();
      do { gc(); await turn(); } while (!over);
    }`,
  ...(process.platform === 'win32' ? {} : transfers),
  'a worker that is terminated in the middle of its steps': `
    for (let i = 0; i < times; i++) {
      const other = worker(\`
        const { Adam } = require(root);
        const optimizer = new Adam(new Float32Array(1_000_000));
        for (let k = 0; k < 3; k++) optimizer.stepAsync(new Float32Array(1_000_000));
        require('node:worker_threads').parentPort.postMessage('begun');\`);
      await once(other, 'message');
      await sleep(i % 5);
      await other.terminate();
    }
    const w = tensor();
    await new SGD(w, { learningRate: 1 }).stepAsync(tensor());
    if (w.some((x) => x !== 0)) throw new Error('the step after them is wrong');`,
  'a worker that ends itself in the middle of its steps': `
    for (let i = 0; i < times; i++) {
      const other = worker(\`
        const { Adam } = require(root);
        const optimizer = new Adam(new Float32Array(1_000_000));
        for (let k = 0; k < 3; k++) optimizer.stepAsync(new Float32Array(1_000_000));
        \${i % 2 ? 'process.exit(0)' : 'setImmediate(() => process.exit(0))'}\`);
      await once(other, 'exit');
    }`,
  'a worker that is terminated while shared parameters are stepped here, too': `
    for (let i = 0; i < times; i++) {
      const w = new Float32Array(new SharedArrayBuffer(4_000_000));
      const other = worker(\`
        const { workerData, parentPort } = require('node:worker_threads');
        const { Adam } = require(root);
        const half = workerData.subarray(0, workerData.length / 2);
        new Adam(half).stepAsync(new Float32Array(half.length));
        parentPort.postMessage('begun');\`, w);
      await once(other, 'message');
      const half = w.subarray(w.length / 2);
      const step = new Adam(half).stepAsync(tensor(half.length));
      await other.terminate();
      await step;
    }`,
};

describe('nothing happens to the process by', () => {
  test.each(Object.entries(happenings))('%s', async (_, code) => {
    const end = await runChild(`const times = ${TIMES}; ${code}; console.log('fine');`);
    expect(end).toEqual({ code: 0, signal: null, stdout: 'fine', stderr: '' });
  });
});
