import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as exact from '../exact.js';
import { check } from './check.js';
import { closePairs, hardTriples, numbers, type Type, types } from './hard-numbers.js';

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
