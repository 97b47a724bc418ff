import { Minifloat } from './minifloat.js';
import { bitsOf, numberOf, type Rounding } from './rounding.js';

const minifloat = new Minifloat(10);

/** float16, IEEE 754's binary16. Mirrors native/types/float16.h line for line. */
export const float16 = {
  decode(code: number): number {
    const magnitude = code & 0x7fff;
    const finite = minifloat.decode(magnitude) * 2 ** -24;
    const x = magnitude < 0x7c00 ? finite : numberOf((magnitude << 13) + 0x70000000);
    return code & 0x8000 ? -x : x;
  },

  encode(x: number, rounding: Rounding): number {
    const code = minifloat.encode(Math.fround(Math.abs(x) * 2 ** 24), rounding);
    const finite = Math.min(code, 0x7c00);
    return Number.isNaN(x) ? 0x7e00 : finite | ((bitsOf(x) >>> 16) & 0x8000);
  },
};
