import { bfloat16 } from '../../lib/types/bfloat16.js';
import { float16 } from '../../lib/types/float16.js';
import type { Rounding } from '../../lib/types/rounding.js';
import { UInt8 } from '../../lib/types/uint8.js';
import { type Format, rational } from '../exact.js';

interface Given {
  name: string;
  /** As the library has them. */
  decode(code: number): number;
  encode(x: number, rounding: Rounding): number;
  /** How many bits a fraction has. */
  fraction: number;
  /** The smallest number; the larger ones are multiples of it. */
  unit: number;
  /** The code of infinity. */
  infinity: number;
  /** The bit of the sign, 0 if there is none. */
  sign: number;
  /** Whether numbers above 0 become at least the smallest one: by what was 0 nobody could divide. */
  aboveZero: boolean;
  /** The code of every NaN. */
  nan: number;
}

/** A type of fewer bits than float32, with its definition. */
export interface Narrow extends Given {
  /** Its numbers from 0 to infinity: a code without its sign is a place among them. */
  format: Format;
}

/** What IEEE 754 says of exponents and fractions: an exponent of 0 has the units of 1, and no leading 1. */
function magnitude(place: number, { fraction, unit }: Given): number {
  const exponent = Math.floor(place / 2 ** fraction);
  const below = place % 2 ** fraction;
  return (exponent === 0 ? below : (2 ** fraction + below) * 2 ** (exponent - 1)) * unit;
}

function define(given: Given): Narrow {
  const { name, infinity } = given;
  const at = (place: bigint) =>
    Number(place) < infinity ? magnitude(Number(place), given) : Number.POSITIVE_INFINITY;
  // What infinity would be if it were a number: from half-way to it on, numbers become infinite.
  const limit = rational(magnitude(infinity, given));
  return { ...given, format: { name, infinity: BigInt(infinity), at, limit } };
}

function uint8(signed: boolean, scale: number): Narrow {
  const type = new UInt8(signed);
  const infinity = signed ? 0x7f : 0xff;
  return define({
    name: `uint8, ${signed ? 'signed' : 'unsigned'}, scale 2^${Math.log2(scale)}`,
    decode: (code) => Math.fround(type.decode(code, scale)),
    encode: (x, rounding) => type.encode(x, 1 / scale, rounding),
    fraction: signed ? 3 : 4,
    unit: scale,
    infinity,
    sign: signed ? 0x80 : 0,
    aboveZero: !signed,
    nan: infinity,
  });
}

/** The smallest scale, ordinary ones, and the largest with which all codes are float32 numbers. */
const scales = [2 ** -126, 2 ** -30, 1, 2 ** 109];

export const narrowTypes: readonly Narrow[] = [
  define({
    name: 'bfloat16',
    ...bfloat16,
    fraction: 7,
    unit: 2 ** -133,
    infinity: 0x7f80,
    sign: 0x8000,
    aboveZero: false,
    nan: 0x7fc0,
  }),
  define({
    name: 'float16',
    ...float16,
    fraction: 10,
    unit: 2 ** -24,
    infinity: 0x7c00,
    sign: 0x8000,
    aboveZero: false,
    nan: 0x7e00,
  }),
  ...[false, true].flatMap((signed) => scales.map((scale) => uint8(signed, scale))),
];

/** The signs that a type has, as factors. */
export function signsOf({ sign }: Narrow): readonly number[] {
  return sign ? [1, -1] : [1];
}

/** The code of a place among the magnitudes, with this sign. */
export function codeOf({ sign }: Narrow, place: number, factor: number): number {
  return factor < 0 ? place + sign : place;
}
