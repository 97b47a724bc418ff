import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { configure, type Isa, runtime } from '../lib/index.js';

const root = join(__dirname, '..');
const objects = join(root, 'build/CMakeFiles/rmsprop.dir/native/isa');
const isas = runtime().availableIsas;
afterAll(() => configure({ isa: isas[0] as Isa }));

test.each(isas)('forcing %s makes it the active one', (isa) => {
  configure({ isa });
  expect(runtime()).toMatchObject({ isa, native: isa !== 'typescript' });
});

/** The widest registers that the code of an instruction set uses. */
const registers: Record<string, { uses: RegExp; never: RegExp }> = {
  avx512: { uses: /%zmm\d/, never: /%never/ },
  avx2: { uses: /%ymm\d/, never: /%zmm\d|%k[1-7]/ },
  scalar: { uses: /%xmm\d/, never: /%[yz]mm\d/ },
};

const objectFiles =
  process.arch === 'x64' && process.platform === 'linux'
    ? readdirSync(objects).filter((name) => name.endsWith('.o'))
    : [];

test.each(objectFiles)('the object file of %s', (file) => {
  const isa = basename(file, '.cpp.o');
  const run = (command: string, ...options: string[]) =>
    execFileSync(command, [...options, join(objects, file)], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });

  // A function that another file could share would be the linker's to choose, and might crash older processors.
  const defined = run('nm', '--extern-only', '--defined-only', '--format=just-symbols');
  expect(defined.trim().toLowerCase()).toBe(`k${isa}`);

  const code = run('objdump', '--disassemble', '--no-show-raw-insn');
  expect(code).toMatch(registers[isa]?.uses as RegExp);
  expect(code).not.toMatch(registers[isa]?.never as RegExp);
});

test('the binary works in a worker, and the process ends well when the worker does', async () => {
  const code = `
    const { RMSprop, runtime } = require(${JSON.stringify(root)});
    const w = new Float32Array(200_000);
    const optimizer = new RMSprop(w);
    for (let t = 0; t < 3; t++) optimizer.step(w.map(() => 1));
    require('node:worker_threads').parentPort.postMessage(runtime().native && w[0]);`;
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(code, { eval: true });
    const message = await new Promise((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
    });
    expect(message).toBeLessThan(0);
    await worker.terminate();
  }
});

test('a worker finds the configuration of the process, and changes it for all', async () => {
  const work = (code: string) =>
    new Promise((resolve, reject) => {
      const source = `const { configure, runtime } = require(${JSON.stringify(root)});
        require('node:worker_threads').parentPort.postMessage((() => { ${code} })());`;
      new Worker(source, { eval: true }).once('message', resolve).once('error', reject);
    });
  configure({ threads: 3, isa: 'scalar' });
  expect(await work('return runtime();')).toMatchObject({ threads: 3, isa: 'scalar' });
  expect(runtime()).toMatchObject({ threads: 3, isa: 'scalar' });
  await work('configure({ threads: 4 });');
  expect(runtime()).toMatchObject({
    threads: 4,
    isa: 'scalar',
    threadsReason: 'set by configure()',
  });
  await work("configure({ isa: 'typescript' });");
  expect(runtime()).toMatchObject({ threads: 4, isa: 'scalar' });
  configure({ threads: 2 });
  expect(runtime()).toMatchObject({ threads: 2, isa: 'scalar' });
});

test('no thread of the process spins while it is idle', () => {
  const code = `
    const { SGD } = require(${JSON.stringify(root)});
    const w = new Float32Array(1_000_000);
    const optimizer = new SGD(w);
    for (let t = 0; t < 20; t++) optimizer.step(w.map(() => 1));
    setTimeout(() => {
      const before = process.cpuUsage();
      setTimeout(() => {
        const { user, system } = process.cpuUsage(before);
        console.log((user + system) / 1000);
      }, 500);
    }, 50);`;
  const milliseconds = Number(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' }));
  expect(milliseconds).toBeLessThan(100);
});

test.runIf(process.platform === 'linux')('large steps use the threads that were asked for', () => {
  const code = `
    const { configure, SGD } = require(${JSON.stringify(root)});
    const { readdirSync } = require('node:fs');
    configure({ threads: 5 });
    const optimizer = new SGD(new Float32Array(1_000_000));
    const before = readdirSync('/proc/self/task').length;
    optimizer.step(new Float32Array(1_000_000));
    console.log(readdirSync('/proc/self/task').length - before);`;
  expect(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' }).trim()).toBe('4');
});

test('memory of dropped optimizers is given back within a loop that never waits', () => {
  const code = `
    const { Adam } = require(${JSON.stringify(root)});
    const w = new Float32Array(25_000);
    for (let i = 0; i < 4000; i++) new Adam(w).step(w.slice());
    console.log(process.memoryUsage.rss() / 2 ** 20);`;
  // All of their states together are 800 MB.
  expect(Number(execFileSync(process.execPath, ['-e', code]))).toBeLessThan(500);
});
