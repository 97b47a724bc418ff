import { expect, test } from 'vitest';
import { cosineAnnealing, halfWave } from '../../lib/arithmetic/cosine-annealing.js';
import { fractionalPower } from '../../lib/arithmetic/fractional-power.js';

test('cosine annealing is half of one plus the cosine', () => {
  for (const whole of [1, 2, 3, 7, 100, 12345, 0.3]) {
    expect(halfWave(0, whole)).toBe(1);
    expect(halfWave(whole, whole)).toBe(0);
    for (let i = 1; i < 500; i++) {
      const done = (whole * i) / 500;
      // Math.sin of what is left: near the end, 1 + Math.cos would have few digits.
      const expected = Math.sin((Math.PI / 2) * ((whole - done) / whole)) ** 2;
      expect(Math.abs(halfWave(done, whole) / expected - 1)).toBeLessThan(2 ** -50);
    }
  }
  for (const [from, to] of [
    [0.3, 0.7],
    [0.95, 0.85],
    [1, 0.1],
  ] as const) {
    expect([0, 5, 10].map((done) => cosineAnnealing(from, to, done, 10))).toEqual([
      from,
      expect.closeTo((from + to) / 2, 15),
      to,
    ]);
  }
  for (let done = 0; done <= 1000; done++) expect(cosineAnnealing(1, 1, done, 1000)).toBe(1);
  // The limit: (pi / 2 * left / whole)^2.
  expect(halfWave(1e9 - 1, 1e9) / ((Math.PI / 2) * 1e-9) ** 2).toBeCloseTo(1, 14);
});

test('powers with fractions are those of Math.pow, but for their last digits', () => {
  const bases = [1e-300, 1e-9, 0.001, 0.1, 0.5, 0.9, 0.999999, 1 - 2 ** -53, 1, 1.05, 2, 1e6];
  for (const base of bases) {
    for (const exponent of [1e-9, 1 / 3, 0.5, 0.9, 1, 1.5, 2.5, 7, 40.25]) {
      const expected = base ** exponent;
      const actual = fractionalPower(base, exponent);
      if (expected < 2 ** -1022 || expected === Number.POSITIVE_INFINITY) continue;
      expect(Math.abs(actual / expected - 1), `${base} ** ${exponent}`).toBeLessThan(2 ** -46);
    }
    expect(fractionalPower(base, 0)).toBe(1);
  }
  expect(fractionalPower(0, 0.3)).toBe(0);
  expect(fractionalPower(4, 2.5)).toBe(32);
  expect(fractionalPower(0.25, 0.5)).toBe(0.5);
});
