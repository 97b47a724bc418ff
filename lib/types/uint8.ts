import { Minifloat } from './minifloat.js';
import { bitsOf, numberOf, type Rounding } from './rounding.js';

/** How many elements share a scale. */
export const BLOCK = 256;

/**
 * 8 bits, in blocks that share a scale, a power of 2 that fits the block's largest number: 4 bits of exponent and 4 of
 * fraction, or, where numbers have signs, the sign and 3. The last code stands for infinity and NaN.
 * Mirrors native/types/uint8.h line for line.
 */
export class UInt8 {
  readonly #minifloat: Minifloat;
  readonly #signed: boolean;
  readonly #last: number;
  readonly #top: number;

  constructor(signed: boolean) {
    const fraction = signed ? 3 : 4;
    this.#minifloat = new Minifloat(fraction);
    this.#signed = signed;
    this.#last = signed ? 0x7f : 0xff;
    this.#top = fraction + 14;
  }

  /** Of a block whose largest finite number, by magnitude, is this. */
  scale(largest: number): number {
    // The last finite code has all bits of the fraction but one; what is larger needs the next exponent.
    const exponent = (bitsOf(largest) + 2 ** (this.#minifloat.dropped + 1) - 1) >>> 23;
    return numberOf(Math.max(exponent - this.#top, 1) << 23);
  }

  decode(code: number, scale: number): number {
    const magnitude = code & this.#last;
    const finite = this.#minifloat.decode(magnitude) * scale;
    const number = magnitude === this.#last ? Number.POSITIVE_INFINITY : finite;
    return this.#signed && code & 0x80 ? -number : number;
  }

  encode(x: number, inverseScale: number, rounding: Rounding): number {
    const code = this.#minifloat.encode(Math.fround(Math.abs(x) * inverseScale), rounding);
    // Where there are no signs, numbers are squares, to be divided by: of those above 0 none becomes 0.
    const least = this.#signed || !(Math.abs(x) > 0) ? 0 : 1;
    const finite = Math.max(Math.min(code, this.#last), least);
    // The sign of a NaN is nobody's promise.
    if (!this.#signed || Number.isNaN(x)) return finite;
    return finite | ((bitsOf(x) >>> 24) & 0x80);
  }
}
