import { describe, expect, test } from 'vitest';
import { configure, type Isa } from '../lib/index.js';
import { difference, hash, ordinaryValue, type Tensor } from './bits.js';
import { nativeIsas } from './engines.js';
import { type AnyOptimizer, type Options, optimizers, variants } from './variants.js';

const LENGTH = 1000;

/** Numbers of all sizes below and just above the least normal one, of either sign, and zeros. */
function tiny(seed: number, i: number): number {
  const bits = hash(seed * 7919 + i);
  const magnitude = ((bits >>> 4) & 0xffffff) >>> ((bits & 15) % 24);
  return (bits & 16 ? -1 : 1) * magnitude * 2 ** -149;
}

const gradients: Record<string, (i: number) => number> = {
  'no gradients': () => 0,
  'no gradients, of either sign': (i) => (i % 2 ? 0 : -0),
  'gradients for every third': (i) => (i % 3 ? 0 : ordinaryValue(3, i)),
  'gradients whose squares vanish': (i) => ordinaryValue(3, i) * 1e-22,
  'denormal gradients': (i) => tiny(4, i),
};

/** Where denormal numbers are slow, the kernel does without operations on them: here is where that could go wrong. */
describe.each(optimizers)('$name', ({ rule, Class }) => {
  test.each(Object.entries(gradients))(
    'denormal averages, %s: the bits of the reference',
    (_, g) => {
      const gradient = Float32Array.from({ length: LENGTH }, (_, i) => g(i));
      const some = variants(rule).filter((_, v) => v % 7 === 0);
      for (const variant of some) {
        for (const epsilon of [1e-8, 0]) {
          const options: Options = { ...variant, ...('epsilon' in variant && { epsilon }) };
          const run = (isa: Isa): Tensor[] => {
            configure({ isa, threads: 1 });
            const p = Float32Array.from({ length: LENGTH }, (_, i) => ordinaryValue(1, i));
            const optimizer: AnyOptimizer = new Class([p], options);
            const dict = optimizer.stateDict();
            for (const tensor of dict.groups.flatMap((group) => group.tensors)) {
              tensor.step = 1000;
              for (const [k, [name, values]] of Object.entries(tensor.state).entries()) {
                const isSquare = /square/i.test(name);
                for (let i = 0; i < LENGTH; i++) {
                  values[i] = isSquare ? Math.abs(tiny(k, i)) : tiny(k, i);
                }
              }
            }
            optimizer.loadStateDict(dict);
            for (let t = 0; t < 3; t++) optimizer.step([gradient]);
            const states = optimizer.stateDict().groups.flatMap((group) => group.tensors);
            return [p, ...states.flatMap(({ state }) => Object.values(state) as Tensor[])];
          };
          const expected = run('typescript');
          for (const isa of nativeIsas) {
            for (const [k, actual] of run(isa).entries()) {
              const found = difference(actual, expected[k] as Tensor);
              if (found) expect.fail(`${JSON.stringify(options)}, ${isa}: tensor ${k} ${found}`);
            }
          }
        }
      }
    },
  );
});
