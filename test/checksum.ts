/**
 * Prints an instruction set and a checksum over the bits that every variant of every rule makes with it, of ordinary numbers
 * and of those on which arithmetic goes wrong first: the same on every machine. Takes the one that is in use by default, those
 * that arguments name, with the argument `all` each that this machine has, or with `native` all of those but the engine in
 * TypeScript, which is slow on emulated processors. With the argument `hostile` all steps begin in a floating-point environment
 * that no bit may depend on.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { configure, type Isa, runtime } from '../lib/index.js';
import type { AnyRule } from '../lib/rule.js';
import {
  bitsOf,
  type DataType,
  dataTypes,
  ordinaryValue,
  ordinaryValues,
  place,
  specialValues,
} from './bits.js';
import { type Environment, environments, stepIn } from './floating-point.js';
import { possible, storagesOf, tensorOf } from './storages.js';
import { extremes, optimizers, variants } from './variants.js';

const lengths = [1, 67, 300_000];

/** Tensors of special values, so many that each of one meets each of another. */
const specialLength = specialValues.float32.length ** 2;
function specialValue(type: DataType, seed: number, i: number): number {
  const values = specialValues[type];
  return values[(i * 7 + Math.floor(i / values.length) * seed) % values.length] as number;
}

/** What keeps a rule that wants a schedule from a warning that it has none. */
const scheduled = (rule: AnyRule) => rule.estimatesDistance && { scheduleFactor: 0.5 };

function checksum(): string {
  const sum = createHash('sha256');
  for (const { rule, Class } of optimizers) {
    const all = variants(rule);
    for (const type of dataTypes) {
      for (const [v, options] of all.entries()) {
        // Long tensors, which take threads, for the last variant only: it has the most states.
        const used = v === all.length - 1 ? lengths : lengths.slice(0, 2);
        const special = (seed: number) =>
          place(type, specialLength, 8, (k) => specialValue(type, seed, k)).tensor;
        const ordinary = (n: number, offset: number, seed: number) =>
          place(type, n, offset, ordinaryValues(seed, n)).tensor;
        const params = used.map((n, i) => ordinary(n, 8 * i, i));
        params.push(special(1));
        const optimizer = new Class(params, { ...options, ...scheduled(rule) });
        for (let t = 0; t < 3; t++) {
          const gradient = (n: number, i: number) => ordinary(n, 16, 10 + t + i);
          optimizer.step([...used.map(gradient), special(2 + t)]);
        }
        for (const tensor of params) sum.update(bitsOf(tensor));
      }
    }
    for (const storage of storagesOf(rule)) {
      const variant = extremes(rule, (options) => possible(options, storage)).at(-1);
      const tensors = (seed: number) => [
        ...[67, 1000].map((n) => tensorOf(storage, n, (k) => ordinaryValue(seed, k))),
        tensorOf(storage, specialLength, (k) => specialValue('float32', seed, k)),
      ];
      const params = tensors(1);
      const optimizer = new Class(params, { ...variant, ...storage, ...scheduled(rule) });
      for (let t = 0; t < 3; t++) optimizer.step(tensors(2 + t));
      for (const tensor of params) {
        sum.update(tensor instanceof Uint16Array ? tensor : bitsOf(tensor as Float32Array));
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
const asked = (each: Isa) =>
  ['all', each, ...(each === 'typescript' ? [] : ['native'])].some((name) =>
    process.argv.includes(name),
  );
const isas = availableIsas.filter(asked);
for (const each of isas.length > 0 ? isas : [isa]) {
  configure({ isa: each, threads: 4 }); // the caller, and three that OpenMP brings together
  console.log(runtime().isa, checksum());
}
