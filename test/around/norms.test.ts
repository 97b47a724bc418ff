import { describe, expect, test } from 'vitest';
import { configure, SGD } from '../../lib/index.js';
import { dataTypes, hash, ordinaryValue, place, specialValues, type Tensor } from '../bits.js';
import { engines, nativeIsas } from '../engines.js';
import { add, compare, multiply, type Rational, rational } from '../exact.js';

/** The norms that a step measures. */
function measure(gradients: readonly Tensor[], options: object = {}) {
  const params = gradients.map((g) => g.slice().fill(0));
  const optimizer = new SGD(params as Float64Array[], { measureNorms: true, ...options });
  const { gradientNorm, gradientNorms } = optimizer.step(gradients as Float64Array[]);
  return { all: gradientNorm as number, each: gradientNorms as Float64Array };
}

function exactSum(tensor: Tensor): Rational {
  // All with one denominator: else it would grow with every number.
  const unit = 2n ** 160n;
  let numerator = 0n;
  for (const x of tensor) {
    const { numerator: n, denominator: d } = rational(x);
    numerator += ((n * unit) / d) ** 2n;
  }
  return { numerator, denominator: unit ** 2n };
}

/**
 * Whether a norm is as near to the root of a sum as docs/around-the-step.md promises: of n squares at most
 * (n / 32 for each sum, 5 in pairs, 1 a chunk) + 1 roundings of 2^-53 are made, each of the whole sum at most; the root halves
 * them, and rounds once more.
 */
function expectNear(norm: number, sum: Rational, chunks: number) {
  const roundings = 4096 / 32 + 5 + chunks + 1;
  const allowed = BigInt(Math.ceil(roundings / 2 + 1) * 2); // twice: of squares
  const square = multiply(rational(norm), rational(norm));
  const part = (sign: bigint) =>
    multiply(sum, { numerator: 2n ** 53n + sign * allowed, denominator: 2n ** 53n });
  expect(compare(square, part(-1n))).toBeGreaterThanOrEqual(0);
  expect(compare(square, part(1n))).toBeLessThanOrEqual(0);
}

const kinds: Record<string, (i: number) => number> = {
  'of both signs': (i) => ordinaryValue(3, i),
  'of very different size': (i) => ordinaryValue(4, i) * 2 ** -(hash(i) % 50),
  'all alike, so that every sum rounds alike': () => 0.1,
  'of which one is large': (i) => (i === 77 ? 1000 : 1e-6),
};

for (const type of dataTypes) {
  test.each(Object.entries(kinds))(
    `${type}: the norm of numbers %s is the exact one but for the roundings of its sums`,
    (_, value) => {
      const gradients = [1, 100, 4096, 9001].map((n) => place(type, n, 0, value).tensor);
      const sums = gradients.map(exactSum);
      const whole = sums.reduce(add);
      for (const isa of engines) {
        configure({ isa });
        const { all, each } = measure(gradients);
        for (const [k, sum] of sums.entries()) {
          expectNear(each[k] as number, sum, Math.ceil((gradients[k]?.length ?? 0) / 4096));
        }
        expectNear(all, whole, 4 + 4);
      }
    },
  );
}

describe.each(engines)('on %s', (isa) => {
  for (const type of dataTypes) {
    test(`${type}: a clipped gradient keeps the norm of its limit but for its own roundings`, () => {
      configure({ isa });
      const g = place(type, 5000, 0, kinds['of both signs'] as (i: number) => number).tensor;
      for (const limit of [1e-3, 0.7, 20]) {
        const w = g.slice().fill(0) as Float64Array;
        const own = type === 'float32' ? 2 ** -23 : 2 ** -51;
        for (const options of [{ clipNorm: limit }, { clipGlobalNorm: limit }]) {
          w.fill(0);
          new SGD([w], { learningRate: 1, ...options }).step([g as Float64Array]);
          const { all } = measure([w]);
          expect(Math.abs(all / Math.min(limit, measure([g]).all) - 1)).toBeLessThan(own);
        }
      }
    });
  }

  test('neither 0, nor denormals, nor the largest float32 are lost in squares', () => {
    configure({ isa });
    const norms = (...values: number[]) => measure([Float32Array.from(values)]).all;
    expect(norms(0, -0)).toBe(0);
    expect(norms(2 ** -149)).toBe(2 ** -149);
    expect(norms(3 * 2 ** -149, 4 * 2 ** -149)).toBe(5 * 2 ** -149);
    expect(norms(2 ** 127, 2 ** 127, 2 ** 127, 2 ** 127)).toBe(2 ** 128);
  });

  test('a norm of float64 whose square overflows is infinite, and clips to 0', () => {
    configure({ isa });
    const huge = Float64Array.of(1e200, -1e200);
    const one = Float64Array.of(1);
    expect(measure([huge, one])).toEqual({
      all: Number.POSITIVE_INFINITY,
      each: Float64Array.of(Number.POSITIVE_INFINITY, 1),
    });
    const clipped = (options: object) => {
      const params = [new Float64Array(2), new Float64Array(1)];
      const optimizer = new SGD(params, { learningRate: 1, onNonFinite: 'throw', ...options });
      expect(optimizer.step([huge, one]).updated).toBe(true);
      return params.map((p) => Array.from(p, Math.abs));
    };
    expect(clipped({ clipNorm: 2 })).toEqual([[0, 0], [1]]);
    expect(clipped({ clipGlobalNorm: 2 })).toEqual([[0, 0], [0]]);
    // What clipping by its own norm leaves of a tensor counts as its limit: 3, and with 4 of the other one 5.
    const params = [new Float64Array(2), new Float64Array(1)];
    const limits = { clipNorm: 3, clipGlobalNorm: 2.5 };
    new SGD(
      [
        { params: [params[0] as Float64Array] },
        { params: [params[1] as Float64Array], clipNorm: 8 },
      ],
      { learningRate: 1, ...limits },
    ).step([[huge], [Float64Array.of(4)]]);
    expect(params[1]).toEqual(Float64Array.of(-2));
  });
});

test('norms are the same bits with any number of threads, and wherever tensors begin and end', () => {
  const lengths = [150_007, 5, 4096, 130_011];
  const gradients = (offset: number) =>
    lengths.map((n, k) => place('float32', n, offset + 8 * k, (i) => ordinaryValue(k, i)).tensor);
  configure({ isa: 'typescript' });
  const expected = measure(gradients(0));
  for (const isa of nativeIsas) {
    for (const threads of [1, 2, 3, 7]) {
      configure({ isa, threads });
      expect(measure(gradients(4 * threads))).toEqual(expected);
    }
  }
});

test.each(dataTypes)('%s: special values have the norms of the reference', (type) => {
  const special = specialValues[type];
  const gradients = special.flatMap((a) =>
    special.map((b) => place(type, 40, 0, (i) => (i === 3 ? a : i === 38 ? b : 0)).tensor),
  );
  for (const options of [{ lossScale: 0.7, clipValue: 1e30 }, { onNonFinite: 'skip' }]) {
    configure({ isa: 'typescript' });
    const expected = measure(gradients, options);
    for (const isa of nativeIsas) {
      configure({ isa });
      expect(measure(gradients, options)).toEqual(expected);
    }
  }
});
