import { describe, expect, test } from 'vitest';
import type { Values } from '../lib/hyperparameters.js';
import { Adam, configure, RMSprop, SGD } from '../lib/index.js';
import type { StateDict } from '../lib/state-dict.js';
import type { StorageOptions } from '../lib/storage.js';
import type { MemoryArray, Tensor } from '../lib/tensor.js';
import { bfloat16 } from '../lib/types/bfloat16.js';
import { float16 } from '../lib/types/float16.js';
import { NEAREST } from '../lib/types/rounding.js';
import { BLOCK, UInt8 } from '../lib/types/uint8.js';
import { difference, ordinaryValue } from './bits.js';
import { engines } from './engines.js';
import { possible } from './storages.js';
import { extremes, type Options, optimizers } from './variants.js';

type Dtype = 'array' | 'bfloat16' | 'float16';
const codecs = { bfloat16, float16 };

/** Numbers as a tensor of 16 or 32 bits. */
function tensor(dtype: Dtype, length: number, value: (i: number) => number): Tensor {
  if (dtype === 'array') return Float32Array.from({ length }, (_, i) => value(i));
  const { encode } = codecs[dtype];
  return Uint16Array.from({ length }, (_, i) => encode(Math.fround(value(i)), NEAREST));
}

/** The numbers that a tensor holds. */
function numbers(dtype: Dtype, array: Tensor): number[] {
  return dtype === 'array'
    ? [...array]
    : [...(array as Uint16Array)].map((code) => codecs[dtype].decode(code));
}

const stateOf = (optimizer: { stateDict(): StateDict }, i = 0) =>
  optimizer.stateDict().groups.flatMap(({ tensors }) => tensors)[i]?.state as {
    [name: string]: MemoryArray;
  };

/** The numbers of a state in a dictionary. */
function stateNumbers(
  state: { [name: string]: MemoryArray },
  name: string,
  signed = false,
): number[] {
  const [codes, scales] = [state[name] as MemoryArray, state[`${name}Scale`]];
  if (codes instanceof Float32Array) return [...codes];
  if (!scales) return [...codes].map((code) => bfloat16.decode(code));
  const type = new UInt8(signed);
  return [...codes].map((code, i) => type.decode(code, scales[Math.floor(i / BLOCK)] as number));
}

/** As expect, for a million numbers, of which it would make objects. */
function expectAtMost(most: number, x: number, what: string) {
  if (!(x <= most)) expect.fail(`${what}: ${x} is more than ${most}`);
}

/** A step between two numbers of a type, at most, as a part of the number. */
const steps = { float32: 2 ** -23, bfloat16: 2 ** -7, uint8: 2 ** -4 };

const storages: Omit<Values<StorageOptions>, 'seed'>[] = (
  ['array', 'bfloat16', 'float16'] as const
).flatMap((dtype) =>
  (['float32', 'bfloat16', 'uint8'] as const).flatMap((stateType) =>
    (dtype === 'array' ? [false] : [false, true]).map((masterCopy) => ({
      dtype,
      stateType,
      masterCopy,
    })),
  ),
);

describe.each(engines)('on %s', (isa) => {
  const rules = optimizers.map(({ Class, rule, name }) => {
    // With weight decay no gradient is a number of few bits any more.
    const momentum = 'momentum' in rule.hyperparameters ? { momentum: 0.9 } : {};
    const [variant = {}] = extremes(rule);
    const possibleStorages = storages.filter((storage) => possible(variant, storage));
    const options: Options = { weightDecay: 0.01, ...momentum };
    return { name, Class, options, storages: possibleStorages };
  });
  /** A block and a part of one. */
  const length = 300;
  const gradient = (dtype: Dtype, t: number) =>
    tensor(dtype, length, (i) => ordinaryValue(t + 1, i));
  const start = (dtype: Dtype) => tensor(dtype, length, (i) => ordinaryValue(99, i));

  test.each(rules)(
    '$name goes on from a state dictionary as if it had never stopped',
    ({ Class, options, storages }) => {
      configure({ isa });
      for (const storage of storages) {
        const { dtype } = storage;
        const all = { ...options, ...storage, seed: 5 };
        const straight = start(dtype);
        const one = new Class([straight], all);
        for (let t = 0; t < 6; t++) one.step([gradient(dtype, t)]);

        const resumed = start(dtype);
        const before = new Class([resumed], all);
        for (let t = 0; t < 3; t++) before.step([gradient(dtype, t)]);
        // The other options come with the dictionary.
        const after = new Class([resumed], { dtype });
        after.loadStateDict(structuredClone(before.stateDict()));
        for (let t = 3; t < 6; t++) after.step([gradient(dtype, t)]);

        const name = JSON.stringify(storage);
        expect(difference(resumed as MemoryArray, straight as MemoryArray), name).toBeUndefined();
        expect(after.stateDict(), name).toEqual(one.stateDict());
      }
    },
  );

  test.each(rules)(
    '$name has the same bits with the same seed, and with another one other roundings',
    ({ Class, options, storages }) => {
      configure({ isa });
      for (const storage of storages) {
        const { dtype, stateType, masterCopy } = storage;
        const run = (seed: number, count: number) => {
          const w = start(dtype);
          const optimizer = new Class([w], { ...options, ...storage, seed });
          for (let t = 0; t < count; t++) optimizer.step([gradient(dtype, t)]);
          return { w: numbers(dtype, w), state: stateOf(optimizer) };
        };
        const name = JSON.stringify(storage);
        const [same, again] = [run(1, 3), run(1, 3)];
        expect(again.state, name).toEqual(same.state);
        expect(difference(Float64Array.from(again.w), Float64Array.from(same.w))).toBeUndefined();

        // In the first step all roundings are of the same numbers: they differ by one step of the type, if at all.
        const [a, b] = [run(1, 1), run(2, 1)];
        const rounds = dtype !== 'array' && !masterCopy;
        const apart = dtype === 'float16' ? 2 ** -10 : 2 ** -7;
        for (const [i, x] of a.w.entries()) {
          const y = b.w[i] as number;
          const most = Math.max(apart * Math.max(Math.abs(x), Math.abs(y)), 2 ** -24);
          expectAtMost(rounds ? most : 0, Math.abs(x - y), `${name} [${i}]`);
        }
        expect(difference(Float32Array.from(a.w), Float32Array.from(b.w)) !== undefined, name).toBe(
          rounds,
        );
        for (const key of Object.keys(a.state)) {
          const isNarrow = stateType !== 'float32' && !/Scale|Copy|Sample/.test(key);
          const [one, other] = [a.state[key] as MemoryArray, b.state[key] as MemoryArray];
          expect(difference(one, other) !== undefined, `${name} ${key}`).toBe(isNarrow);
          for (const [i, code] of one.entries()) {
            if (isNarrow) expectAtMost(1, Math.abs(code - (other[i] as number)), `${name} ${key}`);
          }
        }
      }
    },
  );

  test.each(['bfloat16', 'float16'] as const)(
    'a %s parameter that was written to is taken over into the float32 copy, and no other',
    (dtype) => {
      configure({ isa });
      const w = tensor(dtype, 3, () => 1) as Uint16Array;
      const one = tensor(dtype, 3, () => 1);
      // Multiples of 2^-12 near 1 and 4 are float32 numbers, and neither bfloat16 nor float16 ones.
      const optimizer = new SGD(w, { dtype, masterCopy: true, learningRate: 2 ** -12 });
      for (let t = 0; t < 3; t++) optimizer.step(one as never);
      expect(stateOf(optimizer).masterCopy).toEqual(new Float32Array(3).fill(1 - 3 * 2 ** -12));
      w[1] = codecs[dtype].encode(4, NEAREST);
      optimizer.step(one as never);
      const expected = Float32Array.of(1 - 4 * 2 ** -12, 4 - 2 ** -12, 1 - 4 * 2 ** -12);
      expect(stateOf(optimizer).masterCopy).toEqual(expected);
      // To the nearest: 1 - 2^-10 is a number of float16, in bfloat16 it is nearest to 1.
      const near = dtype === 'float16' ? 1 - 2 ** -10 : 1;
      expect(numbers(dtype, w)).toEqual([near, 4, near]);
    },
  );

  test.each(
    (['float32', 'bfloat16', 'uint8'] as const).flatMap((stateType) =>
      [1, 0.7, 1e-12].map((initial) => ({ stateType, initial })),
    ),
  )('an average of $stateType starts from $initial', ({ stateType, initial }) => {
    configure({ isa });
    for (const length of [1, 256, 257]) {
      const w = new Float32Array(length);
      const options = { stateType, initialSquareAverage: initial, decay: 0.5 } as const;
      const optimizer = new RMSprop(w, options);
      for (const x of stateNumbers(stateOf(optimizer), 'squareAverage')) {
        // To the nearest: half a step at most.
        expect(Math.abs(x / initial - 1)).toBeLessThanOrEqual(steps[stateType] / 2);
      }
      optimizer.step(new Float32Array(length));
      for (const x of stateNumbers(stateOf(optimizer), 'squareAverage')) {
        expect(Math.abs(x / (initial / 2) - 1)).toBeLessThanOrEqual(1.5 * steps[stateType]);
      }
    }
  });

  test.each(['bfloat16', 'uint8'] as const)(
    'momentum that is switched on later has a buffer of %s, and leaves the rest as it is',
    (stateType) => {
      configure({ isa });
      const w = gradient('bfloat16', 1) as Uint16Array;
      const options = { dtype: 'bfloat16', stateType, masterCopy: true } as const;
      const optimizer = new RMSprop(w, options);
      optimizer.step(gradient('bfloat16', 2) as Uint16Array);
      const before = stateOf(optimizer);
      optimizer.momentum = 0.5;
      const after = stateOf(optimizer);
      expect(after).toMatchObject(before);
      expect(stateNumbers(after, 'momentumBuffer', true)).toEqual(new Array(length).fill(0));
      // An average that is 0.1 of the square, and an infinite past of it: the buffer holds gradients in units of that.
      const g = gradient('bfloat16', 2) as Uint16Array;
      optimizer.step(g);
      const v = stateNumbers(before, 'squareAverage');
      for (const [i, b] of stateNumbers(stateOf(optimizer), 'momentumBuffer', true).entries()) {
        const x = bfloat16.decode(g[i] as number);
        const u = x / Math.sqrt(0.9 * (v[i] as number) + 0.1 * x * x + 1e-7);
        // Signed numbers of 8 bits have one bit of fraction less, and share the scale of the largest: units of 2^-17.
        const unit = stateType === 'uint8' ? 4 * 2 ** -17 : 0;
        const step = stateType === 'uint8' ? 2 ** -3 : 2 ** -7;
        expect(Math.abs(b - u)).toBeLessThanOrEqual(Math.max(Math.abs(u) * step * 1.001, unit));
      }
    },
  );

  test('groups store their tensors each in its own way', () => {
    configure({ isa });
    // Either the first tensor, or one whose rounding is not random: so it has the bits of an optimizer of its own.
    const groups = [
      { dtype: 'bfloat16', stateType: 'uint8', masterCopy: false },
      { dtype: 'array', stateType: 'float32', masterCopy: false },
      { dtype: 'float16', stateType: 'float32', masterCopy: true },
    ] as const;
    const together = groups.map((storage) => ({ params: start(storage.dtype), ...storage }));
    const optimizer = new Adam(together);
    const alone = groups.map((storage) => start(storage.dtype));
    const single = groups.map((storage, i) => new Adam(alone[i] as Tensor, storage));
    for (let t = 0; t < 4; t++) {
      optimizer.step(groups.map(({ dtype }) => gradient(dtype, t)));
      for (const [i, one] of single.entries()) {
        one.step(gradient(groups[i]?.dtype as Dtype, t));
      }
    }
    for (const [i, one] of single.entries()) {
      expect(together[i]?.params).toEqual(alone[i]);
      expect(stateOf(optimizer, i)).toEqual(stateOf(one));
    }
  });

  test.each([
    ['infinite', Number.POSITIVE_INFINITY],
    ['NaN', Number.NaN],
  ])('one %s gradient does not spoil the other 8-bit states of its block', (_, bad) => {
    configure({ isa });
    for (const [length, place] of [
      [256, 7],
      [300, 299],
      [300, 3],
      [5, 0],
    ] as const) {
      const w = new Float32Array(length);
      const optimizer = new Adam(w, { stateType: 'uint8', beta1: 0.5, beta2: 0.5 });
      const ones = new Float32Array(length).fill(1);
      // Of a gradient that is always 1 both averages after t steps are 1 - 2^-t.
      for (let t = 1; t <= 3; t++) {
        optimizer.step(ones.map((x, i) => (t === 2 && i === place ? bad : x)));
        const state = stateOf(optimizer);
        for (const [name, step, signed] of [
          ['gradientAverage', 2 ** -3, true],
          ['squareAverage', 2 ** -4, false],
        ] as const) {
          for (const [i, x] of stateNumbers(state, name, signed).entries()) {
            // 8 bits have one code for what is not finite.
            if (t > 1 && i === place) expect(x).toBe(Number.POSITIVE_INFINITY);
            // Each step adds an error of one step of the type; the older ones are halved.
            else expect(Math.abs(x - (1 - 2 ** -t)), `${name}[${i}]`).toBeLessThan(2 * step);
          }
        }
      }
      expect([...w].every((x, i) => i === place || Number.isFinite(x))).toBe(true);
      expect(Number.isNaN(w[place])).toBe(true);
    }
  });

  test('8-bit averages that are too small for their block do not make steps long', () => {
    configure({ isa });
    // Gradients of very different sizes, of which the small ones come and go.
    const w = new Float32Array(BLOCK);
    const optimizer = new Adam(w, { stateType: 'uint8', learningRate: 1 });
    for (let t = 0; t < 300; t++) {
      const before = w.slice();
      optimizer.step(w.map((_, i) => (i % 3 && t % 50 ? 0 : 10 ** -(i % 12))));
      // Exact averages give at most (1 - beta1) / sqrt(1 - beta2) (Kingma and Ba, 2.1); a rounding may double the one or
      // halve the other.
      const most = ((1 - 0.9) / Math.sqrt(1 - 0.999)) * 2 * Math.SQRT2;
      for (const [i, x] of w.entries()) {
        const moved = Math.abs(x - (before[i] as number));
        if (!(moved < most)) expect.fail(`step ${t}, [${i}] moved by ${moved}`);
      }
    }
  });

  test('8-bit states of one block do not touch the precision of another', () => {
    configure({ isa });
    const length = 3 * BLOCK + 1;
    const sizes = [1e-9, 1e6, 1, 1e-15];
    const g = Float32Array.from({ length }, (_, i) => sizes[Math.floor(i / BLOCK)] as number);
    const optimizer = new RMSprop(new Float32Array(length), { stateType: 'uint8', decay: 0 });
    optimizer.step(g);
    const state = stateOf(optimizer);
    expect(state.squareAverageScale?.length).toBe(4);
    for (const [i, v] of stateNumbers(state, 'squareAverage').entries()) {
      expect(Math.abs(v / (g[i] as number) ** 2 - 1), `${i}`).toBeLessThan(steps.uint8);
    }
  });

  // Float16Array, where the runtime has one; the type definitions of Node 20 do not know it.
  const { Float16Array: F16 } = globalThis as { Float16Array?: { from(x: number[]): Tensor } };
  const forms: [string, (x: Tensor) => Tensor][] = [['Uint16Array', (x) => x]];
  if (F16) forms.push(['Float16Array', (x) => F16.from(numbers('float16', x))]);
  test.each(
    forms.flatMap(([name, params]) =>
      forms.map(([other, grads]) => ({ name, other, params, grads })),
    ),
  )('float16 parameters in a $name take gradients in a $other', ({ params, grads }) => {
    configure({ isa });
    for (const masterCopy of [false, true]) {
      const options = { dtype: 'float16', stateType: 'bfloat16', masterCopy, seed: 9 } as const;
      const [w, same] = [start('float16'), params(start('float16'))];
      const [one, other] = [new RMSprop(w, options), new RMSprop(same, options)];
      for (let t = 0; t < 3; t++) {
        one.step(gradient('float16', t));
        other.step(grads(gradient('float16', t)));
      }
      expect(new Uint16Array(same.buffer, same.byteOffset, same.length)).toEqual(w);
      expect(other.stateDict()).toEqual(one.stateDict());
    }
  });
  if (F16) {
    test('a Float16Array needs no dtype', () => {
      configure({ isa });
      const w = F16.from([1, 2, 3]);
      new SGD(w, { learningRate: 0.5 }).step(F16.from([1, 1, 1]));
      expect([...w]).toEqual([0.5, 1.5, 2.5]);
    });
  }
});
