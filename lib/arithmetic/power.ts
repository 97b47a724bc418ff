import { SPLITTER } from './arithmetic.js';
import { sumOfThree } from './float64.js';

// Sizes from 2^-300 to 1 can be multiplied without losing bits to denormals.
const SMALLEST = 2 ** -300;
const UP = 2 ** 300;
const HALF_DOWN = 2 ** -150;
const SHIFT = 2 ** -122;

/** Whole exponents are taken apart into digits; 14 of them hold 2^53. */
const RADIX = 16;
const PLACES = 14;

/** What is behind the point is taken apart into bits; the root of a later one is 1 to 107 bits, whatever the base. */
const BITS = 117;
/** The number of the base's square root in its table; that root's own follows, and so on. */
const ROOTS = 1 + PLACES * (RADIX - 1);

/**
 * The powers of one base of which all others are products: base^(digit * RADIX^place), place by
 * place, the digits from 1; then its roots, base^(2^-bit), bit by bit from 1. Before them, as number
 * 0, stands the product being made.
 *
 * Each is four numbers, upper, lower, low and scale: it is (high + low) / UP^scale, where high, from
 * SMALLEST to 1, is upper + lower, halves whose products are exact. Upper is 0 where a power has not
 * been needed yet.
 */
type Table = Float64Array;
const TABLE_SIZE = 4 * (ROOTS + BITS);

/** The latest bases, each with its table of 10 KB. One base more takes the table of the oldest. */
const bases = new Float64Array(64);
const tables: Table[] = [];
let oldest = 0;

/** Base and exponent on their way in, the power on its way out. */
const passed = new Float64Array(2);

/**
 * base^exponent, rounded once to float64.
 *
 * Use this and never `**` or `Math.pow`: V8's is not correctly rounded, and every C library
 * differs, which the bits of a float64 step would show.
 *
 * A product of a few powers that are kept, in double-double arithmetic (about 106 bits). Which ones,
 * and of what they were made, follows from the exponent: the bits never depend on earlier calls.
 * Before the rounding the relative error is below (exponent + 64) * 2^-102: the result is the
 * nearest float64 number unless the exact power is that close to half-way between two. Denormal
 * results too are rounded once, and smaller ones are 0.
 *
 * @param base from 0 to 1: a decay rate; from -1 for exponents that are integers
 * @param exponent from 0 to 2^53 - 1: a count of steps, say. Even 0 to the power 0 is 1.
 */
export function power(base: number, exponent: number): number {
  // Through memory: a fraction that goes into a call or comes out of it is a new object, unless V8
  // inlines the call. This one is small enough.
  passed[0] = base;
  passed[1] = exponent;
  return raise()[0] as number;
}

/** Puts base^exponent in the place of every exponent. No fraction goes into a call or comes out of one. */
export function powersInPlace(base: number, exponents: Float64Array) {
  for (let k = 0; k < exponents.length; k++) {
    passed[0] = base;
    passed[1] = exponents[k] as number;
    exponents[k] = raise()[0] as number;
  }
}

/**
 * Puts base^exponent in the place of every base of at least 0. The results must be numbers of float64 that are not denormal.
 * Of bases above 1 the powers of 2 are taken apart: two roundings more, and the same bits everywhere.
 */
export function raiseInPlace(bases: Float64Array, exponents: Float64Array) {
  for (let k = 0; k < bases.length; k++) {
    let halvings = 0;
    for (; (bases[k] as number) > 1; halvings++) (bases[k] as number) /= 2;
    passed[0] = bases[k] as number;
    passed[1] = exponents[k] as number;
    bases[k] = raise()[0] as number;
    passed[0] = 0.5;
    passed[1] = halvings * (exponents[k] as number);
    (bases[k] as number) /= raise()[0] as number;
  }
}

/** Returns `passed`. */
function raise() {
  const base = passed[0] as number;
  const exponent = passed[1] as number;
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
  let rest = Math.floor(exponent);
  passed[1] = exponent - rest;
  multiplyByRoots(table);
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

/** Multiplies the product by the base to the power of a fraction below 1, which is in the exponent's place. */
function multiplyByRoots(table: Table) {
  for (let bit = 0, rest = passed[1] as number; rest > 0 && bit < BITS; bit++) {
    const root = ROOTS + bit;
    if (table[4 * root] === 0) takeRoot(table, bit === 0 ? 1 : root - 1, root);
    rest *= 2;
    if (rest < 1) continue;
    multiply(table, 0, root, 0);
    rest -= 1;
  }
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

/** The square root of power number a, as number c: that of the high part, corrected by what its square leaves over. */
function takeRoot(table: Table, a: number, c: number) {
  const scale = table[4 * a + 3] as number;
  const square = (table[4 * a] as number) + (table[4 * a + 1] as number);
  const root = Math.sqrt(square);
  table[4 * c] = root;
  split(table, c);
  const upper = table[4 * c] as number;
  const lower = table[4 * c + 1] as number;
  const rest = square - upper * upper - 2 * upper * lower - lower * lower; // exact, but for the last difference
  const error = (rest + (table[4 * a + 2] as number)) / (2 * root);
  const high = root + error;
  // Half of an odd scale is a power of 2 more.
  const factor = scale % 2 === 0 ? 1 : HALF_DOWN;
  table[4 * c] = factor * high;
  table[4 * c + 2] = factor * (error - (high - root));
  table[4 * c + 3] = Math.floor(scale / 2);
  split(table, c);
}

/** Takes the high part of power number c, where its upper part will be, apart into halves. */
function split(table: Table, c: number) {
  const high = table[4 * c] as number;
  const shifted = SPLITTER * high;
  const upper = shifted - (shifted - high);
  table[4 * c] = upper;
  table[4 * c + 1] = high - upper;
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
  table[4 * c] = high;
  table[4 * c + 2] = low;
  table[4 * c + 3] = scale;
  split(table, c);
}

/**
 * high + low as it must be for the division by 2^900 to be exact: a multiple of 2^-174, which
 * becomes 2^-1074. That is the spacing of numbers from 2^-122 to 2^-121.
 */
function roundDenormal(high: number, low: number): number {
  return high < SHIFT ? sumOfThree(SHIFT, high, low) - SHIFT : high;
}
