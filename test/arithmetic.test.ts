import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { float32 } from '../lib/arithmetic/float32.js';
import { float64 } from '../lib/arithmetic/float64.js';
import { power, raiseInPlace } from '../lib/arithmetic/power.js';
import * as exact from './exact.js';

/** One row a type; every suite below runs over the rows. quantum: the exponent of the denormals. */
const types = [
  { format: exact.formats.float32, arithmetic: float32, precision: 24, quantum: -149, top: 128 },
  { format: exact.formats.float64, arithmetic: float64, precision: 53, quantum: -1074, top: 1024 },
];
type Type = (typeof types)[number];

// Worked by hand. Most lie exactly half-way between two numbers but for the last bit of c or a * b.
const p = (exponent: number) => 2 ** exponent;
const largest32 = p(128) - p(104);
const hardFma: Record<Type['format']['name'], [a: number, b: number, c: number, sum: number][]> = {
  float32: [
    [97 * 257, 673, 0, p(24)], // 97 * 257 * 673 = 2^24 + 1: a tie, and 2^24 is even
    [97 * 257, 673, p(-149), p(24) + 2],
    [97 * 257, 673, -p(-149), p(24)],
    [1549, 10831, 0, p(24) + 4], // 1549 * 10831 = 2^24 + 3: a tie, and 2^24 + 4 is even
    [1549, 10831, p(-149), p(24) + 4],
    [1549, 10831, -p(-149), p(24) + 2],
    [-1549, 10831, p(-149), -p(24) - 2],
    [1 + p(-23), 1 + p(-23), -1 - p(-22), p(-46)], // what a rounded product would lose
    // 277 * 30269 * 5 * 1013 * 1657 = 2^46 + 1, here scaled to half of the least denormal and a bit
    [277 * 30269 * p(-98), 5 * 1013 * 1657 * p(-98), p(-127), p(-127) + p(-149)],
    [277 * 30269 * p(-98), -5 * 1013 * 1657 * p(-98), p(-127), p(-127) - p(-149)],
    [p(-75), p(-75), p(-127), p(-127)],
    [p(-75), p(-75), 0, 0],
    [p(-75), -p(-75), 0, -0],
    [p(-75), p(-74), 0, p(-149)],
    // 31 * 601 * 1801 * 2^103 = 2^128 - 2^103: from here on to infinity
    [31 * p(52), 601 * 1801 * p(51), 0, Infinity],
    [31 * p(52), 601 * 1801 * p(51), p(-149), Infinity],
    [31 * p(52), 601 * 1801 * p(51), -p(-149), largest32],
    [31 * p(52), 601 * 1801 * p(51), -p(104), largest32 - p(104)], // a tie
    [-31 * p(52), 601 * 1801 * p(51), p(-149), -largest32],
    [-31 * p(52), 601 * 1801 * p(51), -p(-149), -Infinity],
    [largest32, 2, -largest32, largest32],
    [largest32, largest32, -largest32, Infinity],
  ],
  float64: [
    [3 * 107, 28059810762433, 0, p(53)], // 2^53 + 1
    [3 * 107, 28059810762433, p(-1074), p(53) + 2],
    [3 * 107, 28059810762433, -p(-1074), p(53)],
    [5 * 7 * 11 * 1187, 19709623201, 0, p(53) + 4], // 2^53 + 3
    [5 * 7 * 11 * 1187, 19709623201, p(-1074), p(53) + 4],
    [5 * 7 * 11 * 1187, 19709623201, -p(-1074), p(53) + 2],
    [-5 * 7 * 11 * 1187, 19709623201, p(-1074), -p(53) - 2],
    [1 + p(-52), 1 + p(-52), -1 - p(-51), p(-104)],
    // 17 * 858001 * 308761441 = 2^52 + 1
    [17 * 858001 * p(-563), 308761441 * p(-564), 2 * p(-1074), 3 * p(-1074)],
    [17 * 858001 * p(-563), -308761441 * p(-564), 2 * p(-1074), p(-1074)],
    [17 * 858001 * p(-563), 308761441 * p(-564), p(-1022), p(-1022) + p(-1074)],
    [p(-538), p(-537), p(-1022), p(-1022)],
    [p(-538), p(-537), 0, 0],
    [p(-538), -p(-537), 0, -0],
    [p(-537), p(-537), 0, p(-1074)],
    // (2^27 - 1) * (2^27 + 1) * 2^970 = 2^1024 - 2^970: from here on to infinity
    [(p(27) - 1) * p(485), (p(27) + 1) * p(485), 0, Infinity],
    [(p(27) - 1) * p(485), (p(27) + 1) * p(485), p(-1074), Infinity],
    [(p(27) - 1) * p(485), (p(27) + 1) * p(485), -p(-1074), Number.MAX_VALUE],
    [(p(27) - 1) * p(485), -(p(27) + 1) * p(485), p(-1074), -Number.MAX_VALUE],
    [(p(27) - 1) * p(485), -(p(27) + 1) * p(485), -p(-1074), -Infinity],
    [Number.MAX_VALUE, 2, -Number.MAX_VALUE, Number.MAX_VALUE],
    [Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, Infinity],
    [Number.MAX_VALUE, Number.MIN_VALUE, -p(-50), -p(-103)],
  ],
};

const specialFma = (largest: number): [a: number, b: number, c: number, sum: number][] => [
  [0, 1, 0, 0],
  [-0, 1, -0, -0],
  [-0, 1, 0, 0],
  [0, -1, -0, -0],
  [0, 5, -0, 0],
  [0, 5, 3, 3],
  [2, 3, -6, 0],
  [-2, 3, 6, 0],
  [2, 3, -0, 6],
  [largest, largest, -Infinity, -Infinity],
  [-largest, largest, Infinity, Infinity],
  [Infinity, 2, -3, Infinity],
  [Infinity, -2, 3, -Infinity],
  [2, -Infinity, -Infinity, -Infinity],
  [Infinity, 1, -Infinity, NaN],
  [Infinity, 0, 1, NaN],
  [-0, Infinity, 1, NaN],
  [Infinity, 0, NaN, NaN],
  [NaN, 1, 1, NaN],
  [1, NaN, 1, NaN],
  [1, 1, NaN, NaN],
  [0, 1, NaN, NaN],
];

describe.each(types)('the arithmetic of $format.name', (type) => {
  const { format, arithmetic, precision } = type;

  test.each(hardFma[format.name])('fma(%d, %d, %d) rounds once, to %d', (a, b, c, sum) => {
    expect(arithmetic.fma(a, b, c)).toBe(sum);
    expect(arithmetic.fma(b, a, c)).toBe(sum);
    expect(exact.fusedMultiplyAdd(format, a, b, c)).toBe(sum);
  });

  test.each(specialFma(format.at(format.infinity - 1n)))(
    'fma(%d, %d, %d) is %d',
    (a, b, c, sum) => {
      expect(arithmetic.fma(a, b, c)).toBe(sum);
      expect(arithmetic.fma(b, a, c)).toBe(sum);
    },
  );

  test('fma is the exact product and sum, rounded once', () => {
    check(hardTriples(type), 2500, ([a, b, c]) => {
      expect(arithmetic.fma(a, b, c)).toBe(exact.fusedMultiplyAdd(format, a, b, c));
    });
  });

  test('add, sub, mul, div and sqrt are the exact result, rounded once', () => {
    check(fc.tuple(numbers(type), numbers(type)), 300, ([a, b]) => {
      const [x, y] = [exact.rational(a), exact.rational(b)];
      // a and b are not 0, so that only equal numbers cancel, to a zero that is positive
      expect(arithmetic.add(a, b)).toBe(exact.round(format, exact.add(x, y)));
      expect(arithmetic.sub(a, b)).toBe(exact.round(format, exact.add(x, exact.rational(-b))));
      expect(arithmetic.mul(a, b)).toBe(exact.round(format, exact.multiply(x, y)));
      expect(arithmetic.div(a, b)).toBe(exact.round(format, exact.divide(x, y)));
      expect(arithmetic.sqrt(Math.abs(a))).toBe(
        exact.squareRoot(format, exact.rational(Math.abs(a))),
      );
    });
  });

  test('round takes a float64 number to the nearest of the type', () => {
    check(numbers(types[1] as Type), 1000, (x) => {
      expect(arithmetic.round(x)).toBe(exact.round(format, exact.rational(x)));
    });
  });

  test('round and sqrt keep NaN, infinities and the sign of zero', () => {
    for (const x of [NaN, Infinity, -Infinity, 0, -0]) {
      expect(arithmetic.round(x)).toBe(x);
      expect(arithmetic.sqrt(x)).toBe(x === -Infinity ? NaN : x);
    }
    expect(arithmetic.sqrt(-1)).toBe(NaN);
  });

  test('lerp starts from the nearer end and rounds each operation once', () => {
    const weights = fc.oneof(
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.constantFrom(-0.5, 0, 0.5, 1),
    );
    check(fc.tuple(closePairs(type), weights), 500, ([[a, b], anyWeight]) => {
      const weight = exact.round(format, exact.rational(anyWeight));
      const subtract = (x: number, y: number) =>
        exact.round(format, exact.add(exact.rational(x), exact.rational(-y)));
      const difference = subtract(b, a);
      fc.pre(Number.isFinite(difference));
      const expected =
        Math.abs(weight) < 0.5
          ? exact.fusedMultiplyAdd(format, weight, difference, a)
          : exact.fusedMultiplyAdd(format, subtract(weight, 1), difference, b);
      expect(arithmetic.lerp(a, b, weight)).toBe(expected);
    });
  });

  test.each([
    [1, 3, 0, 1],
    [1, 3, 1, 3],
    [1, 3, 0.25, 1.5],
    [1, 3, 0.75, 2.5],
    [0, 1, -0.5 - p(-precision), -0.5], // the weight less 1 rounds to -1.5
  ])('lerp from %d to %d by %d is %d', (a, b, weight, result) => {
    expect(arithmetic.lerp(a, b, weight)).toBe(result);
  });

  test.each([
    [1, 2, 2],
    [2, 1, 2],
    [-1, -2, -1],
    [0, -0, -0],
    [-0, 0, 0],
    [Infinity, 1, Infinity],
    [-Infinity, 1, 1],
    [NaN, 1, NaN],
    [1, NaN, NaN],
    [Infinity, NaN, NaN],
    [NaN, -Infinity, NaN],
    [NaN, NaN, NaN],
  ])('maximum(%d, %d) is %d', (a, b, larger) => {
    expect(arithmetic.maximum(a, b)).toBe(larger);
  });

  test.each([
    [1.5, 1, 2, 1.5],
    [0.5, 1, 2, 1],
    [3, 1, 2, 2],
    [-3, -2, -1, -2],
    [0, -0, 1, -0],
    [-0, 0, 1, 0],
    [0, -1, -0, -0],
    [-0, -1, 0, 0],
    [0, -0, -0, -0],
    [-Infinity, 1, 2, 1],
    [Infinity, 1, 2, 2],
    [-Infinity, -Infinity, 2, -Infinity],
    [Infinity, 1, Infinity, Infinity],
    [NaN, 1, 2, NaN],
    [NaN, -Infinity, Infinity, NaN],
  ])('clamp(%d, %d, %d) is %d', (x, low, high, nearest) => {
    expect(arithmetic.clamp(x, low, high)).toBe(nearest);
  });

  test.each([
    [3, 1],
    [-3, -1],
    [Number.MIN_VALUE, 1],
    [-Number.MIN_VALUE, -1],
    [Infinity, 1],
    [-Infinity, -1],
    [0, 0],
    [-0, 0],
    [NaN, 0],
  ])('sign(%d) is %d', (x, sign) => {
    expect(arithmetic.sign(x)).toBe(sign);
  });

  test.each([
    [1, 1],
    [-1, 0],
    [-Infinity, 0],
    [Infinity, Infinity],
    [-Number.MIN_VALUE, 0],
    [0, 0],
    [-0, -0],
    [NaN, NaN],
  ])('clampToZero(%d) is %d', (x, clamped) => {
    expect(arithmetic.clampToZero(x)).toBe(clamped);
  });

  test('its methods can be taken apart', () => {
    const { round, add, sub, mul, div, fma, sqrt, lerp, maximum, clamp, sign, clampToZero } =
      arithmetic;
    expect(round(div(sqrt(mul(add(1, 3), 4)), sub(5, 3)))).toBe(2);
    expect(clampToZero(maximum(lerp(2, 4, 0.5), fma(1, 1, 1)))).toBe(3);
    expect(clamp(sign(-5), -0.5, 2)).toBe(-0.5);
  });
});

describe('power', () => {
  const decays = [0.9, 0.95, 0.96, 0.99, 0.999, 0.9999];
  const nearestPower = (base: number, exponent: number) => {
    const { numerator, denominator } = exact.rational(base);
    const size = BigInt(exponent);
    return exact.round(exact.formats.float64, {
      numerator: numerator ** size,
      denominator: denominator ** size,
    });
  };

  test.each(decays)('is the nearest number to %d^t', (decay) => {
    for (const t of [1, 2, 3, 10, 100, 255, 256, 1000]) {
      expect(power(decay, t)).toBe(nearestPower(decay, t));
    }
  });

  test('is the nearest number to powers of many steps', () => {
    const steps = fc.oneof(
      fc.integer({ min: 1000, max: 10_000 }),
      fc.tuple(fc.constantFrom(16, 256, 4096), fc.constantFrom(-1, 0, 1)).map(([a, b]) => a + b),
    );
    check(fc.tuple(fc.constantFrom(...decays), steps), 60, ([decay, t]) => {
      expect(power(decay, t)).toBe(nearestPower(decay, t));
    });
  });

  test('does not depend on what was asked for before', async () => {
    // More bases than are kept, so that some are dropped and come back.
    const bases = fc.constantFrom(...decays, ...Array.from({ length: 80 }, (_, i) => (i + 1) / 97));
    const exponents = fc.oneof(
      fc.integer({ min: 0, max: 20_000 }),
      fc.integer({ min: 0, max: 2 ** 53 - 1 }),
      fc.double({ min: 0, max: 100, noNaN: true }),
    );
    const questions = fc.array(fc.tuple(bases, exponents), {
      minLength: 1,
      maxLength: 300,
      size: 'max',
    });
    const property = fc.asyncProperty(questions, async (asked) => {
      const answers = asked.map(([base, exponent]) => power(base, exponent));
      const [base, exponent] = asked.at(-1) as [number, number];
      vi.resetModules();
      const fresh = await import('../lib/arithmetic/power.js');
      expect(fresh.power(base, exponent)).toBe(answers.at(-1));
      const backwards = asked.toReversed().map(([b, e]) => fresh.power(b, e));
      expect(backwards.toReversed()).toEqual(answers);
    });
    await fc.assert(property, { numRuns: 50 });
  });

  test('is the nearest number for any base and exponent', () => {
    const bases = fc.double({ min: 2 ** -10, max: 1, noNaN: true });
    const exponents = fc.integer({ min: 0, max: 200 });
    check(fc.tuple(bases, exponents), 300, ([base, exponent]) => {
      expect(power(base, exponent)).toBe(nearestPower(base, exponent));
      expect(power(-base, exponent)).toBe(nearestPower(-base, exponent));
    });
  });

  test('of bases above 1 is near, and exact where it is a number of few bits', () => {
    const bases = Float64Array.of(3, 0.5, 10, 2 ** 127, 7, 5);
    raiseInPlace(bases, Float64Array.of(2, 3, 4, 4, 0, 0.75));
    expect([...bases.subarray(0, 5)]).toEqual([9, 0.125, 10_000, 2 ** 508, 1]);
    // Two roundings more than one.
    expect(Math.abs((bases[5] as number) / Math.sqrt(5 * Math.sqrt(5)) - 1)).toBeLessThan(2 ** -50);
  });

  // The powers of which NAdam makes its momentum: momentumDecay 0.004 and others.
  test.each([0.004, 0.0005, 0.3, 1 / 3])('is the nearest number to 0.96^(t * %d)', (decay) => {
    for (let t = 1; t <= 400; t++) {
      expect(power(0.96, t * decay)).toBe(
        exact.nearestPower(exact.formats.float64, 0.96, t * decay),
      );
    }
  });

  test('is the nearest number for exponents with a fraction', () => {
    // The root of 1 - 2^-53 is half-way between two numbers, but for 2^-109: nearer than power() can tell.
    const max = 1 - 2 ** -40;
    const bases = fc.oneof(
      fc.double({ min: 0, max, noNaN: true }),
      fc.double({ min: 0.5, max, noNaN: true }),
      fc.constant(1),
    );
    const exponents = fc.oneof(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 200, noNaN: true }),
      fc.integer({ min: 0, max: 1000 }).map((n) => n / 8),
      fc.integer({ min: 1, max: 130 }).map((n) => 2 ** -n),
    );
    check(fc.tuple(bases, exponents), 150, ([base, exponent]) => {
      expect(power(base, exponent)).toBe(exact.nearestPower(exact.formats.float64, base, exponent));
    });
  });

  test('rounds denormal results once', () => {
    const bases = fc.double({ min: 2 ** -358, max: 2 ** -341, noNaN: true });
    check(bases, 300, (base) => {
      const exponent = 3;
      expect(power(base, exponent)).toBe(nearestPower(base, exponent));
    });
  });

  test.each([
    [0.5, 1074, Number.MIN_VALUE],
    [0.5, 1075, 0], // a tie between 0 and 2^-1074
    [0.5000000000000001, 1075, Number.MIN_VALUE],
    [Number.MIN_VALUE, 1, Number.MIN_VALUE],
    [Number.MIN_VALUE, 2, 0],
    [0.9, 10_000, 0],
    [0.9, 2 ** 52, 0],
    [0.9, Number.MAX_SAFE_INTEGER, 0],
    [2 ** -0.5, 0, 1],
    [-0.5, 3, -0.125],
    [1, 0, 1],
    [1, 12_345, 1],
    [1, Number.MAX_SAFE_INTEGER, 1],
    [0, 0, 1],
    [0, 1, 0],
    [0, 12_345, 0],
    [0, 0.5, 0],
    [1, 0.3, 1],
    [0.25, 2.5, 2 ** -5],
    [Number.MIN_VALUE, 0.5, 2 ** -537],
    [Number.MIN_VALUE, 2 ** -1074, 1],
    [0.9, 1e7 + 0.5, 0],
    [NaN, 2, NaN],
    [NaN, 0.5, NaN],
  ])('power(%d, %d) is %d', (base, exponent, result) => {
    expect(power(base, exponent)).toBe(result);
  });
});

/** Runs one body over many random cases; failures name the case and its seed. */
function check<T>(cases: fc.Arbitrary<T>, count: number, body: (example: T) => void) {
  fc.assert(fc.property(cases, body), { numRuns: count });
}

/** Significands of few bits, of many, and with long runs of equal bits. */
function significands(bits: number): fc.Arbitrary<number> {
  const exponents = fc.integer({ min: 0, max: bits - 1 });
  return fc.oneof(
    fc.integer({ min: 1, max: 15 }),
    fc.integer({ min: 2 ** (bits - 1), max: 2 ** bits - 1 }),
    fc.tuple(exponents, exponents).map(([i, j]) => 2 ** i + (i === j ? 0 : 2 ** j)),
    fc.tuple(exponents, exponents).map(([i, j]) => 2 ** (i + 1) - 2 ** Math.min(i, j)),
  );
}

/** Finite numbers but 0: all exponents alike, so that denormals and overflow are common. */
function numbers({ precision, quantum, top }: Type): fc.Arbitrary<number> {
  return scaled(significands(precision), fc.integer({ min: quantum, max: top - precision }));
}

function scaled(significand: fc.Arbitrary<number>, exponent: fc.Arbitrary<number>) {
  return fc
    .tuple(fc.constantFrom(-1, 1), significand, exponent)
    .map(([sign, x, e]) => sign * x * 2 ** e);
}

/** Two numbers of about the same size, whose difference does not overflow. */
function closePairs({ precision, quantum, top }: Type) {
  const exponents = fc.integer({ min: quantum, max: top - precision - 3 });
  const number = scaled(significands(precision), fc.integer({ min: 0, max: 2 }));
  return fc
    .tuple(number, number, exponents)
    .map(([a, b, e]): [number, number] => [a * 2 ** e, b * 2 ** e]);
}

/** Arguments of fma at which implementations fail. */
function hardTriples(type: Type): fc.Arbitrary<[a: number, b: number, c: number]> {
  const { arithmetic, precision, quantum, top } = type;
  const any = numbers(type);
  const middle = fc.integer({ min: Math.ceil(quantum / 2), max: Math.floor(top / 2) - precision });
  // Products with one bit more than the precision: many are half-way between two numbers.
  const half = Math.ceil((precision + 1) / 2);
  const halfWidth = scaled(fc.integer({ min: 2 ** (half - 1), max: 2 ** half - 1 }), middle);
  // c cancels the product, or nearly.
  const near = scaled(significands(precision), middle);
  const cancelling = fc
    .tuple(near, near, fc.integer({ min: -2, max: 2 }))
    .map(([a, b, steps]): [number, number, number] => {
      const product = arithmetic.mul(a, b);
      const step = Math.max(Math.abs(product) * 2 ** -precision, 2 ** quantum);
      return [a, b, arithmetic.round(steps * step - product)];
    });
  // (1 + x) * (1 - x) is just below 1; scaled, just below half a unit of c's last place.
  const belowHalf = fc
    .tuple(any, fc.integer({ min: 0, max: 100 }), fc.constantFrom(-1, 1), fc.boolean())
    .map(([c, n, sign, wide]): [number, number, number] => {
      const x = n * 2 ** (1 - precision);
      const unit = Math.max(quantum, Math.floor(Math.log2(Math.abs(c))) + 1 - precision);
      const low = wide ? Math.floor(unit / 2) : -1;
      return [sign * (1 + x) * 2 ** low, (1 - x) * 2 ** (unit - 1 - low), c];
    })
    .filter((triple) => triple.every((x) => x !== 0 && Object.is(arithmetic.round(x), x)));
  return fc.oneof(
    fc.tuple(any, any, any),
    fc.tuple(halfWidth, halfWidth, any),
    fc.tuple(near, near, fc.oneof(any, near)),
    cancelling.filter((triple) => triple.every(Number.isFinite)),
    belowHalf,
  );
}
