import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { power, raiseInPlace } from '../../lib/arithmetic/power.js';
import * as exact from '../exact.js';
import { check } from './check.js';

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
      const fresh = await import('../../lib/arithmetic/power.js');
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
