import { below, bitsOf, numberOf, type Rounding } from './rounding.js';

/** bfloat16: the upper half of a float32. Mirrors native/types/bfloat16.h line for line. */
export const bfloat16 = {
  decode(code: number): number {
    return numberOf(code << 16);
  },

  encode(x: number, rounding: Rounding): number {
    const bits = bitsOf(x);
    const rounded = (bits + below(rounding, 16, bits)) >>> 16;
    return Number.isNaN(x) ? 0x7fc0 : rounded;
  },
};
