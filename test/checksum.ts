/**
 * Prints an instruction set and a checksum over the bits that every variant of every rule makes with it: the same on every
 * machine. Takes the one that is in use by default, or with the argument `all` each that this machine has. With the argument
 * `hostile` all steps begin in a floating-point environment that no bit may depend on.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { configure, runtime } from '../lib/index.js';
import { bitsOf, dataTypes, ordinaryValue, place } from './bits.js';
import { type Environment, environments, stepIn } from './floating-point.js';
import { possible, storagesOf, tensorOf } from './storages.js';
import { extremes, optimizers, variants } from './variants.js';

const lengths = [1, 67, 300_000];
function checksum(): string {
  const sum = createHash('sha256');
  for (const { rule, Class } of optimizers) {
    const all = variants(rule);
    for (const type of dataTypes) {
      for (const [v, options] of all.entries()) {
        // Long tensors, which take threads, for the last variant only: it has the most states.
        const used = v === all.length - 1 ? lengths : lengths.slice(0, 2);
        const params = used.map((n, i) => place(type, n, 8 * i, (k) => ordinaryValue(i, k)).tensor);
        const optimizer = new Class(params, options);
        for (let t = 0; t < 3; t++) {
          const gradient = (n: number, i: number) =>
            place(type, n, 16, (k) => ordinaryValue(10 + t + i, k)).tensor;
          optimizer.step(used.map(gradient));
        }
        for (const tensor of params) sum.update(bitsOf(tensor).join());
      }
    }
    for (const storage of storagesOf(rule)) {
      const variant = extremes(rule, (options) => possible(options, storage)).at(-1);
      const tensors = (seed: number) =>
        [67, 1000].map((n) => tensorOf(storage, n, (k) => ordinaryValue(seed, k)));
      const params = tensors(1);
      const optimizer = new Class(params, { ...variant, ...storage });
      for (let t = 0; t < 3; t++) optimizer.step(tensors(2 + t));
      for (const tensor of params) {
        sum.update(tensor instanceof Uint16Array ? tensor : bitsOf(tensor as Float32Array).join());
      }
    }
  }
  return sum.digest('hex');
}

if (process.argv.includes('hostile')) {
  const hostile = environments['all of these, and every exception has occurred'] as Environment;
  stepIn(() => hostile, deepStrictEqual);
}
const { isa, availableIsas } = runtime();
for (const each of process.argv.includes('all') ? availableIsas : [isa]) {
  configure({ isa: each, threads: 2 });
  console.log(runtime().isa, checksum());
}
