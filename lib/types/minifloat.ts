import { below, bitsOf, NEAREST, numberOf, type Rounding } from './rounding.js';

/**
 * Numbers from 0 up with an exponent and `fraction` bits below it, in units of the smallest one: a code below 2^fraction is
 * that number, from there on the units double with every exponent. Mirrors native/types/minifloat.h line for line.
 */
export class Minifloat {
  readonly #fraction: number;
  readonly #bias: number;
  /** How many bits of a float32's fraction have no room. */
  readonly dropped: number;

  constructor(fraction: number) {
    this.#fraction = fraction;
    this.#bias = (126 + fraction) << fraction;
    this.dropped = 23 - fraction;
  }

  decode(code: number): number {
    return code < 2 ** this.#fraction ? code : numberOf((code + this.#bias) << this.dropped);
  }

  /** x: at least 0. Those that are too large, infinity and NaN give a code that is too large. */
  encode(x: number, rounding: Rounding): number {
    // Below 2^fraction the units no longer shrink: moved up to where they are the same, x has the code of a float.
    const least = 2 ** this.#fraction;
    const small = x < least;
    const bits = bitsOf(small ? x + least : x);
    const code = ((bits + below(rounding, this.dropped, bits)) >>> this.dropped) - this.#bias;
    if (!small) return code;
    // That sum is itself rounded, to a unit of the random bits. To the nearest must be rounded once: where floats are units.
    return rounding === NEAREST ? bitsOf(x + 2 ** 23) - bitsOf(2 ** 23) : code - least;
  }
}
