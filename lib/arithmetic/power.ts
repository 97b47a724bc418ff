import { SPLITTER } from './arithmetic.js';
import { sumOfThree } from './float64.js';

// Sizes from 2^-300 to 1 can be multiplied without losing bits to denormals.
const SMALLEST = 2 ** -300;
const UP = 2 ** 300;
const SHIFT = 2 ** -122;

/** Exponents are taken apart into digits; 14 of them hold 2^53. */
const RADIX = 16;
const PLACES = 14;

/**
 * The powers of one base of which all others are products: base^(digit * RADIX^place), place by
 * place, the digits from 1. Before them, as number 0, stands the product being made.
 *
 * Each is four numbers, upper, lower, low and scale: it is (high + low) / UP^scale, where high, from
 * SMALLEST to 1, is upper + lower, halves whose products are exact. Upper is 0 where a power has not
 * been needed yet.
 */
type Table = Float64Array;
const TABLE_SIZE = 4 * (1 + PLACES * (RADIX - 1));

/** The latest bases, each with its table of 7 KB. One base more takes the table of the oldest. */
const bases = new Float64Array(64);
const tables: Table[] = [];
let oldest = 0;

/** The base on its way in, the power on its way out. */
const passed = new Float64Array(1);

/**
 * base^exponent, rounded once to float64.
 *
 * For beta^t use this and never `**` or `Math.pow`: V8's is not correctly rounded, and every C
 * library differs, which the bits of a float64 step would show.
 *
 * A product of a few powers that are kept, in double-double arithmetic (about 106 bits). Which ones,
 * and of what they were made, follows from the exponent: the bits never depend on earlier calls.
 * Before the rounding the relative error is below exponent * 2^-102: the result is the nearest
 * float64 number unless the exact power is that close to half-way between two. Denormal results too
 * are rounded once, and smaller ones are 0.
 *
 * @param base from -1 to 1: a decay rate
 * @param exponent an integer from 0 to 2^53 - 1: a count of steps. Even 0 to the power 0 is 1.
 */
export function power(base: number, exponent: number): number {
  // Through memory: a fraction that goes into a call or comes out of it is a new object, unless V8
  // inlines the call. This one is small enough.
  passed[0] = base;
  return raise(exponent)[0] as number;
}

/** Returns `passed`. */
function raise(exponent: number) {
  const base = passed[0] as number;
  passed[0] = 1;
  if (exponent === 0) return passed;
  passed[0] = 0;
  if (base === 0) return passed;
  const size = Math.abs(base);
  let kept = 0;
  while (kept < bases.length && bases[kept] !== size) kept++;
  const table = tables[kept] ?? startTable(size);

  table[0] = 1;
  table[1] = 0;
  table[2] = 0;
  table[3] = 0;
  let rest = exponent;
  for (let place = 0; rest > 0; place++) {
    const higher = Math.floor(rest / RADIX);
    const digit = rest - RADIX * higher;
    if (digit > 0) {
      const factor = place * (RADIX - 1) + digit;
      fill(table, factor);
      multiply(table, 0, factor, 0);
    }
    rest = higher;
  }

  // In memory here too: of a variable that branches change V8 at times makes an object.
  const scale = table[3] as number;
  passed[0] = scale > 3 ? 0 : (table[0] as number) + (table[1] as number);
  // Sizes from 2^-1200 to 2^-900: some are denormal.
  if (scale === 3) passed[0] = roundDenormal(passed[0], table[2] as number);
  for (let i = 0; i < scale && passed[0] !== 0; i++) passed[0] /= UP;
  if (base < 0 && exponent % 2 === 1) passed[0] = -passed[0];
  return passed;
}

function startTable(base: number): Table {
  const table = tables[oldest]?.fill(0) ?? new Float64Array(TABLE_SIZE);
  let high = base;
  let scale = 0;
  for (; high < SMALLEST; scale++) high *= UP;
  table[0] = 1;
  table[4] = high;
  table[7] = scale;
  multiply(table, 0, 1, 1); // splits it; times 1, nothing rounds
  bases[oldest] = base;
  tables[oldest] = table;
  oldest = (oldest + 1) % bases.length;
  return table;
}

/** Makes the powers up to one that is needed: each is the one before it, times the first of its place. */
function fill(table: Table, needed: number) {
  let last = needed;
  while (table[4 * last] === 0) last--;
  for (; last < needed; last++) {
    multiply(table, last, last - ((last - 1) % (RADIX - 1)), last + 1);
  }
}

/** Power number a times power number b, as number c. (Dekker's product, Veltkamp's splitting.) */
function multiply(table: Table, a: number, b: number, c: number) {
  const aUpper = table[4 * a] as number;
  const aLower = table[4 * a + 1] as number;
  const bUpper = table[4 * b] as number;
  const bLower = table[4 * b + 1] as number;
  const aHigh = aUpper + aLower;
  const bHigh = bUpper + bLower;
  const product = aHigh * bHigh;
  const productError =
    aLower * bLower - (product - aUpper * bUpper - aLower * bUpper - aUpper * bLower);
  const error =
    productError + (aHigh * (table[4 * b + 2] as number) + (table[4 * a + 2] as number) * bHigh);
  let high = product + error;
  let low = error - (high - product);
  let scale = (table[4 * a + 3] as number) + (table[4 * b + 3] as number);
  if (high < SMALLEST) {
    high *= UP;
    low *= UP;
    scale += 1;
  }
  const shifted = SPLITTER * high;
  const upper = shifted - (shifted - high);
  table[4 * c] = upper;
  table[4 * c + 1] = high - upper;
  table[4 * c + 2] = low;
  table[4 * c + 3] = scale;
}

/**
 * high + low as it must be for the division by 2^900 to be exact: a multiple of 2^-174, which
 * becomes 2^-1074. That is the spacing of numbers from 2^-122 to 2^-121.
 */
function roundDenormal(high: number, low: number): number {
  return high < SHIFT ? sumOfThree(SHIFT, high, low) - SHIFT : high;
}
