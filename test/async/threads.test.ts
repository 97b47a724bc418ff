import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runChild } from './child.js';

const root = JSON.stringify(join(__dirname, '../..'));

async function output(code: string, options: readonly string[] = []) {
  const { stdout, ...end } = await runChild(code, options);
  expect(end).toEqual({ code: 0, signal: null, stderr: '' });
  return stdout;
}

// Only there does a process find its threads in files.
const onLinux = test.runIf(process.platform === 'linux');

onLinux.each([1, 2, 3, 5])(
  'there are never more than %i threads, whoever asks for steps of whatever kind',
  async (threads) => {
    const most = await output(`
      configure({ threads: ${threads} });
      let most = 0;
      const watch = setInterval(() => { most = Math.max(most, teamSize()); }, 1);
      const others = Array.from({ length: 3 }, () => worker(\`
        const { Adam } = require(root);
        const optimizer = new Adam(new Float32Array(600_000));
        const gradient = new Float32Array(600_000);
        (async () => {
          for (let t = 0; t < 20; t++) {
            await optimizer.stepAsync(gradient);
            optimizer.step(gradient);
          }
        })();\`));
      const ends = others.map((other) => once(other, 'exit'));
      const optimizers = Array.from({ length: 3 }, () => new RMSprop(tensor(600_000)));
      const gradient = tensor(600_000);
      for (let t = 0; t < 20; t++) {
        optimizers[0].step(gradient);
        const steps = optimizers.map((optimizer) => optimizer.stepAsync(gradient));
        most = Math.max(most, teamSize());
        await Promise.all(steps);
        most = Math.max(most, teamSize());
      }
      await Promise.all(ends);
      clearInterval(watch);
      console.log(most);`);
    expect(Number(most)).toBeGreaterThan(0);
    expect(Number(most)).toBeLessThanOrEqual(threads);
  },
);

onLinux('threads end when fewer are asked for, and come back', async () => {
  const sizes = await output(`
    const optimizer = new Adam(tensor());
    const gradient = tensor();
    const sizes = [];
    for (const threads of [4, 2, 1, 3]) {
      configure({ threads });
      await sleep(50);
      const before = teamSize();
      for (let t = 0; t < 4; t++) await optimizer.stepAsync(gradient);
      sizes.push([before, teamSize()]);
    }
    console.log(JSON.stringify(sizes));`);
  // Before a step: none, then the leader alone. After it: all.
  expect(JSON.parse(sizes)).toEqual([
    [0, 4],
    [1, 2],
    [1, 1],
    [1, 3],
  ]);
});

test('nothing spins while the process is idle after asynchronous and synchronous steps', async () => {
  const milliseconds = await output(`
    const optimizer = new Adam(tensor());
    const gradient = tensor();
    for (let t = 0; t < 20; t++) { await optimizer.stepAsync(gradient); optimizer.step(gradient); }
    await sleep(50);
    const before = process.cpuUsage();
    await sleep(500);
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);`);
  expect(Number(milliseconds)).toBeLessThan(25);
});

test('a step that is under way keeps the process alive, and nothing does when it is over', async () => {
  const code = `
    const start = performance.now();
    await new Adam(tensor()).stepAsync(tensor());
    process.once('exit', () => console.log(performance.now() - start < 5000));`;
  expect(await output(code)).toBe('true');
});

test('many workers step disjoint slices of one shared buffer at the same time', async () => {
  const found = await output(`
    const count = 6;
    const each = 50_000;
    const shared = new Float32Array(new SharedArrayBuffer(4 * count * each)).fill(1);
    const expected = tensor(count * each);
    const reference = new RMSprop(expected, { momentum: 0.9 });
    const gradient = Float32Array.from(expected, (_, i) => Math.sin(i));
    for (let t = 0; t < 10; t++) reference.step(gradient);
    const others = Array.from({ length: count }, (_, k) => worker(\`
      const { workerData: { shared, gradient, k, each } } = require('node:worker_threads');
      const { RMSprop } = require(root);
      const part = (whole) => whole.subarray(k * each, (k + 1) * each);
      const optimizer = new RMSprop(part(shared), { momentum: 0.9 });
      (async () => {
        for (let t = 0; t < 10; t++) {
          if ((t + k) % 2) await optimizer.stepAsync(part(gradient));
          else optimizer.step(part(gradient));
        }
      })();\`, { shared, gradient, k, each }));
    await Promise.all(others.map((other) => once(other, 'exit')));
    const bytes = (array) => Buffer.from(array.buffer);
    console.log(Buffer.compare(Buffer.from(Uint8Array.from(bytes(shared))), bytes(expected)));`);
  expect(found).toBe('0');
});

const stepInWorker = `
  const other = worker(\`
    const { SGD } = require(root);
    const w = new Float32Array(500_000);
    const optimizer = new SGD(w, { learningRate: 1 });
    const gradient = new Float32Array(500_000).fill(1);
    optimizer.step(gradient);
    optimizer.stepAsync(gradient).then(() => {
      require('node:worker_threads').parentPort.postMessage(w.every((x) => x === -2));
    });\`);
  const fine = await once(other, 'message');
  await other.terminate();`;
const stepInMain = `
  const { SGD: Sgd } = require(${root});
  const w = new Float32Array(500_000);
  const optimizer = new Sgd(w, { learningRate: 1 });
  optimizer.step(tensor(500_000));
  await optimizer.stepAsync(tensor(500_000));
  const good = w.every((x) => x === -2);`;
const bare = `
  const { Worker } = require('node:worker_threads');
  const worker = (code) => new Worker('const root = ' + ${JSON.stringify(root)} + ';' + code, { eval: true });
  const tensor = (length) => new Float32Array(length).fill(1);
  const once = (emitter, name) => new Promise((resolve, reject) => emitter.once(name, resolve).once('error', reject));
  (async () => { BODY })();`;

test.each([
  [
    'in the main thread, then in a worker',
    `${stepInMain}${stepInWorker} console.log(good && fine);`,
  ],
  [
    'in a worker, then in the main thread',
    `${stepInWorker}${stepInMain} console.log(good && fine);`,
  ],
  ['only in a worker', `${stepInWorker} console.log(fine);`],
  ['in two workers, one after the other', `{${stepInWorker}} ${stepInWorker} console.log(fine);`],
])('the binary can be loaded %s', async (_, body) => {
  // Not by the prelude of other children, which loads it in the main thread.
  const folder = mkdtempSync(join(tmpdir(), 'rmsprop-'));
  const script = join(folder, 'load.cjs');
  writeFileSync(script, bare.replace('BODY', body));
  const child = fork(script, { silent: true });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      text += data;
    });
  }
  const [code] = await once(child, 'close');
  expect({ code, text }).toEqual({ code: 0, text: 'true\n' });
});

test('a forked child and the workers of a cluster make steps of both kinds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rmsprop-'));
  const script = join(folder, 'cluster.cjs');
  writeFileSync(
    script,
    `const cluster = require('node:cluster');
    const { SGD } = require(${root});
    const step = async () => {
      const w = new Float32Array(500_000);
      const optimizer = new SGD(w, { learningRate: 1 });
      const gradient = new Float32Array(500_000).fill(1);
      optimizer.step(gradient);
      await optimizer.stepAsync(gradient);
      return w.every((x) => x === -2);
    };
    (async () => {
      const fine = await step();
      if (cluster.isWorker) return process.exit(fine ? 0 : 1);
      const ends = [0, 1].map(() => new Promise((resolve) => cluster.fork().once('exit', resolve)));
      process.send([fine, ...(await Promise.all(ends))]);
      process.disconnect();
    })();`,
  );
  const child = fork(script);
  const [message] = await once(child, 'message');
  const [code] = await once(child, 'exit');
  expect({ message, code }).toEqual({ message: [true, 0, 0], code: 0 });
});

onLinux('a process bound to one processor takes one thread', async () => {
  const code = 'console.log(JSON.stringify([runtime().threads, runtime().threadsReason]));';
  expect(JSON.parse(await output(code, ['taskset', '-c', '0']))).toEqual([
    1,
    '1 processors are available',
  ]);
});
