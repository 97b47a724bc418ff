import fc from 'fast-check';
import { float32 } from '../../lib/arithmetic/float32.js';
import { float64 } from '../../lib/arithmetic/float64.js';
import { formats } from '../exact.js';

/** One row a type. quantum: the exponent of the denormals. */
export const types = [
  { format: formats.float32, arithmetic: float32, precision: 24, quantum: -149, top: 128 },
  { format: formats.float64, arithmetic: float64, precision: 53, quantum: -1074, top: 1024 },
];
export type Type = (typeof types)[number];

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
export function numbers({ precision, quantum, top }: Type): fc.Arbitrary<number> {
  return scaled(significands(precision), fc.integer({ min: quantum, max: top - precision }));
}

function scaled(significand: fc.Arbitrary<number>, exponent: fc.Arbitrary<number>) {
  return fc
    .tuple(fc.constantFrom(-1, 1), significand, exponent)
    .map(([sign, x, e]) => sign * x * 2 ** e);
}

/** Two numbers of about the same size, whose difference does not overflow. */
export function closePairs({ precision, quantum, top }: Type) {
  const exponents = fc.integer({ min: quantum, max: top - precision - 3 });
  const number = scaled(significands(precision), fc.integer({ min: 0, max: 2 }));
  return fc
    .tuple(number, number, exponents)
    .map(([a, b, e]): [number, number] => [a * 2 ** e, b * 2 ** e]);
}

/** Arguments of fma at which implementations fail. */
export function hardTriples(type: Type): fc.Arbitrary<[a: number, b: number, c: number]> {
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
