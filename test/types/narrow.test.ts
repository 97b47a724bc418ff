import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { float16 } from '../../lib/types/float16.js';
import {
  bitsOf,
  NEAREST,
  numberOf,
  randomBits,
  randomKey,
  streamKey,
} from '../../lib/types/rounding.js';
import { UInt8 } from '../../lib/types/uint8.js';
import { rational, round } from '../exact.js';
import { codeOf, type Narrow, narrowTypes, signsOf } from './narrow.js';

/** All numbers of a type by their places, and infinity. */
function numbersOf({ format, infinity }: Narrow): number[] {
  return Array.from({ length: infinity + 1 }, (_, place) => format.at(BigInt(place)));
}

/** The float32 numbers next to one above 0. */
const justBelow = (x: number) => numberOf(bitsOf(x) - 1);
const justAbove = (x: number) => numberOf(bitsOf(x) + 1);

/** As expect, for millions of values, of which it would make objects. */
function same(actual: number, expected: number, what: () => string) {
  if (!Object.is(actual, expected)) expect.fail(`${what()}: ${actual}, not ${expected}`);
}

/** How many of the lowest bits of a random word count, where a type has its full fraction. */
const droppedBits = ({ fraction }: Narrow) => 23 - fraction;

describe.each(narrowTypes)('$name', (type) => {
  const { decode, encode, infinity, sign, nan, fraction, unit, aboveZero } = type;
  /** From this place on numbers are rounded as ever. */
  const first = aboveZero ? 1 : 0;
  const numbers = numbersOf(type);

  test('every code decodes to the number of its definition', () => {
    for (const factor of signsOf(type)) {
      for (const place of numbers.keys()) {
        const code = codeOf(type, place, factor);
        same(decode(code), factor * (numbers[place] as number), () => `code ${code}`);
      }
      // What is left are NaNs, in the types that have them.
      for (let code = infinity + 1; code < sign; code++) {
        same(decode(codeOf(type, code, factor)), Number.NaN, () => `code ${code}`);
      }
    }
  });

  test('every number has its own code again, however it is rounded', () => {
    for (const factor of signsOf(type)) {
      for (const [place, number] of numbers.entries()) {
        for (const rounding of [NEAREST, 0, 0xffffffff]) {
          const code = codeOf(type, place, factor);
          same(encode(factor * number, rounding), code, () => `${factor * number}`);
        }
      }
    }
  });

  test('numbers half-way between two become the even one, and those beside them the nearer', () => {
    for (const factor of signsOf(type)) {
      for (let place = first; place < infinity; place++) {
        const [low, high] = [numbers[place] as number, numbers[place + 1] as number];
        // The last step, to infinity, is as long as the one before it.
        const step =
          high < Number.POSITIVE_INFINITY ? high - low : low - (numbers[place - 1] as number);
        const middle = low + step / 2;
        for (const [x, expected] of [
          [middle, place + (place % 2)],
          [justBelow(middle), place],
          [justAbove(middle), place + 1],
        ] as const) {
          const code = codeOf(type, expected, factor);
          same(encode(factor * x, NEAREST), code, () => `${factor * x} (code ${place})`);
        }
      }
    }
  });

  test('any float32 becomes the nearest number', () => {
    const signed = sign ? fc.constantFrom(1, -1) : fc.constant(1);
    const anywhere = fc.integer({ min: 0, max: 0x7f7fffff }).map(numberOf);
    const near = fc
      .tuple(fc.nat(infinity - 1), fc.integer({ min: 0, max: 2 ** 24 }))
      .map(([place, part]) => {
        const low = numbers[place] as number;
        return Math.fround(
          low + Math.min((numbers[place + 1] as number) - low, low) * (part / 2 ** 24),
        );
      })
      .filter(Number.isFinite);
    fc.assert(
      fc.property(signed, fc.oneof(anywhere, near), (factor, x) => {
        const rounded = Math.abs(round(type.format, rational(factor * x)));
        const expected = aboveZero && x > 0 ? Math.max(rounded, unit) : rounded;
        same(decode(encode(factor * x, NEAREST)), factor * expected, () => `${factor * x}`);
      }),
      { numRuns: 5000, seed: 1 },
    );
  });

  test('infinity stays, NaN has one code, and zeros keep their signs', () => {
    for (const rounding of [NEAREST, 0, 0x80000000, 0xffffffff]) {
      expect(encode(Number.POSITIVE_INFINITY, rounding)).toBe(infinity);
      for (const bits of [0x7fc00000, 0x7f800001, 0xffc00000, 0xffffffff]) {
        expect(encode(numberOf(bits), rounding)).toBe(nan);
      }
      expect(encode(0, rounding)).toBe(0);
      if (!sign) continue;
      expect(encode(Number.NEGATIVE_INFINITY, rounding)).toBe(infinity + sign);
      expect(encode(-0, rounding)).toBe(sign);
    }
  });

  test('a random word rounds up as often as the number is near the upper one', () => {
    const words = 2 ** droppedBits(type);
    // Every place is too many for the long fractions of float16 and bfloat16: all exponents, and all kinds of fractions.
    const chosen = [...numbers.keys()].filter(
      (place) =>
        place >= first &&
        place < infinity - 1 &&
        (infinity < 2 ** 10 || place % 61 === 0 || place < 2 ** fraction),
    );
    for (const factor of signsOf(type)) {
      for (const place of chosen) {
        const [low, high] = [numbers[place] as number, numbers[place + 1] as number];
        for (const part of [1, 2, 3, words / 2 - 1, words / 2, words / 2 + 1, words - 1]) {
          const x = factor * (low + (high - low) * (part / words));
          // Of all words, those from words - part on: the last of the others stays, the first of these goes up. The bits
          // above do not matter.
          const code = (word: number) => encode(x, (word + words * 5) >>> 0);
          same(code(words - part - 1), codeOf(type, place, factor), () => `${x}, down`);
          same(code(words - part), codeOf(type, place + 1, factor), () => `${x}, up`);
          same(code(0), codeOf(type, place, factor), () => `${x}, word 0`);
          same(code(words - 1), codeOf(type, place + 1, factor), () => `${x}, last word`);
        }
      }
    }
  });

  test('the mean of many roundings is the number', () => {
    const count = 2 ** 14;
    for (const units of [
      first + 0.01,
      first + 0.5,
      2.75,
      2 ** fraction * 1.234,
      2 ** (fraction + 5) * 1.777,
    ]) {
      const x = Math.fround(units * unit);
      const step = 2 ** Math.max(0, Math.floor(Math.log2(units)) - fraction);
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const key = streamKey(randomKey(1, i >> 8), 0, 1);
        sum += decode(encode(x, randomBits(key, 0, i & 255))) / unit;
      }
      // A number that is one of two has a deviation of at most half of their distance; 5 of the mean's are allowed, and
      // the half of the last random bit that has room.
      const bound = (5 * step) / 2 / Math.sqrt(count) + step * 2 ** -droppedBits(type);
      expect(Math.abs(sum / count - x / unit), `${units} units`).toBeLessThan(bound);
    }
  });

  test('numbers below the smallest become 0 or the smallest, as the type says', () => {
    // The smallest float32 number, and the nearest to the smallest of the type that random bits tell from it.
    const near = unit * (1 - 2 ** -droppedBits(type));
    for (const x of [2 ** -149, near].filter((x) => x < unit)) {
      expect(encode(x, 0)).toBe(first);
      expect(encode(x, 0xffffffff)).toBeLessThanOrEqual(1);
    }
    expect(encode(near, 0xffffffff)).toBe(1);
  });

  test('numbers beyond the largest go up to infinity, the more often the farther they are', () => {
    const largest = numbers[infinity - 1] as number;
    const step = largest - (numbers[infinity - 2] as number);
    const words = 2 ** droppedBits(type);
    const x = largest + step / 4;
    expect(encode(x, words - words / 4 - 1)).toBe(infinity - 1);
    expect(encode(x, words - words / 4)).toBe(infinity);
    if (largest + step >= 2 ** 128) return;
    for (const word of [0, words - 1]) expect(encode(largest + step, word)).toBe(infinity);
    expect(encode(numberOf(0x7f7fffff), 0)).toBe(infinity);
  });
});

// With one scale: with the others the words around the one that makes the difference are tried above.
const onceEach = narrowTypes.filter(({ infinity, unit }) => infinity > 0xff || unit === 1);
describe.each(onceEach)('$name', (type) => {
  const { decode, encode, fraction, unit, aboveZero } = type;
  const first = aboveZero ? 1 : 0;
  test.each([
    ['among the smallest', first + 0.3],
    ['of the full fraction', 2 ** (fraction + 3) * 1.3],
  ])('of all random words as many round up as the distance says, of a number %s', (_, units) => {
    const words = 2 ** droppedBits(type);
    const step = units < 2 ? 1 : 8;
    const low = Math.floor(units / step) * step;
    const part = Math.round(((units - low) / step) * words);
    const x = (low + (step * part) / words) * unit;
    let up = 0;
    for (let word = 0; word < words; word++) {
      const y = decode(encode(x, word));
      if (y === (low + step) * unit) up++;
      else same(y, low * unit, () => `${x} by ${word}`);
    }
    expect(up).toBe(part);
  });
});

describe.each([false, true])('the scale of a block of 8-bit numbers, signed %s', (signed) => {
  const type = new UInt8(signed);
  const fraction = signed ? 3 : 4;
  const last = signed ? 0x7f : 0xff;
  /** Every exponent, with the fractions about which it changes. */
  const largest = Array.from({ length: 255 }, (_, exponent) =>
    [0, 1, 0x400000, 0x5fffff, 0x600000, 0x600001, 0x6fffff, 0x700000, 0x700001, 0x7fffff].map(
      (bits) => numberOf(exponent * 2 ** 23 + bits),
    ),
  ).flat();

  test('is a power of 2 of at least 2^-126, whatever the largest number', () => {
    for (const x of largest) {
      const scale = type.scale(x);
      expect(Number.isInteger(Math.log2(scale)), `${x}`).toBe(true);
      expect(scale, `${x}`).toBeGreaterThanOrEqual(2 ** -126);
    }
    expect(type.scale(0)).toBe(2 ** -126);
  });

  test('keeps the largest number to the precision of its fraction, below the last code', () => {
    for (const x of largest) {
      const scale = type.scale(x);
      for (const rounding of [NEAREST, 0, 0x7fffffff, 0xffffffff]) {
        const code = type.encode(x, 1 / scale, rounding);
        expect(code, `${x}`).toBeLessThan(last);
        // Decoded without overflow: the last numbers below 2^128 may become that, as float32 rounds them itself.
        const error = Math.abs(type.decode(code, scale) - x);
        const step = Math.max(2 ** (Math.floor(Math.log2(x)) - fraction), scale);
        expect(error, `${x}`).toBeLessThan(step);
        if (rounding === NEAREST && x >= scale) expect(error, `${x}`).toBeLessThanOrEqual(step / 2);
      }
    }
  });

  test('is as small as that allows: half of it would be too little', () => {
    for (const x of largest) {
      const scale = type.scale(x);
      if (scale === 2 ** -126) continue;
      // The largest number that half of the scale has: all bits of the fraction but one, at the highest exponent.
      const most = (2 ** (fraction + 1) - 2) * 2 ** 14 * (scale / 2);
      expect(x, `${x}`).toBeGreaterThan(most);
    }
  });
});

// The type definitions of Node 20 do not know Float16Array.
const { Float16Array: F16 } = globalThis as {
  Float16Array?: new (buffer: ArrayBufferLike) => ArrayLike<number> & { [i: number]: number };
};
if (F16) {
  test('float16 is what the runtime means by it', () => {
    const codes = Uint16Array.from({ length: 2 ** 16 }, (_, code) => code);
    const numbers = new F16(codes.buffer);
    for (const code of codes) same(float16.decode(code), numbers[code] as number, () => `${code}`);
    const one = new Uint16Array(1);
    const number = new F16(one.buffer);
    for (let i = 0; i < 2 ** 20; i++) {
      const x = numberOf(randomBits(1, 0, i));
      number[0] = x;
      if (!Number.isNaN(x)) same(float16.encode(x, NEAREST), one[0] as number, () => `${x}`);
    }
  });
}
