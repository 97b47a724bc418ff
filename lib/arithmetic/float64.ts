import { type Arithmetic, Comparisons, errorOfProduct, errorOfSum } from './arithmetic.js';

class Float64 extends Comparisons implements Arithmetic {
  round(x: number): number {
    return x;
  }

  add(a: number, b: number): number {
    return a + b;
  }

  sub(a: number, b: number): number {
    return a - b;
  }

  mul(a: number, b: number): number {
    return a * b;
  }

  div(a: number, b: number): number {
    return a / b;
  }

  fma(a: number, b: number, c: number): number {
    return fma(a, b, c);
  }

  sqrt(x: number): number {
    return Math.sqrt(x);
  }

  lerp(a: number, b: number, weight: number): number {
    return Math.abs(weight) < 0.5 ? fma(weight, b - a, a) : fma(weight - 1, b - a, b);
  }
}

/** The arithmetic of float64 numbers. */
export const float64: Arithmetic = new Float64();

/** Within these bounds no intermediate result of fma overflows or loses bits to denormals. */
const SMALLEST_PRODUCT = 2 ** -900;
const LARGEST_TERM = 2 ** 1000;
const LARGEST_FACTOR = 2 ** 990;

/**
 * The product and the sums are taken apart into a rounded number and its exact error, as in
 * S. Boldo and G. Melquiond, "Emulation of FMA and correctly rounded sums", 2008.
 */
function fma(a: number, b: number, c: number): number {
  const product = a * b;
  const size = Math.abs(product);
  const isOrdinary =
    size >= SMALLEST_PRODUCT &&
    size + Math.abs(c) <= LARGEST_TERM &&
    Math.abs(a) + Math.abs(b) <= LARGEST_FACTOR;
  if (!isOrdinary) return fmaOfExtremes(a, b, c);
  const productError = errorOfProduct(a, b, product);
  // Now a * b + c is product + (c + productError): add the small one first.
  const inner = c + productError;
  const innerError = errorOfSum(c, productError, inner);
  const outer = product + inner;
  const outerError = errorOfSum(product, inner, outer);
  const rest = innerError + outerError;
  return sumOfThree(outer, rest, errorOfSum(innerError, outerError, rest));
}

/**
 * a + b + tiny, rounded once. tiny must be too small to matter but where a + b lies half-way
 * between two numbers, or else 0.
 *
 * In fma it is: tiny is not 0 only if outer was rounded. Then outer has at least half the size of
 * its summands, and rest is at most two units of outer's last place. tiny is smaller than the last
 * place of rest, of which a + b and all half-way numbers near it are multiples: a + b is one, or is
 * farther from it than tiny reaches.
 */
export function sumOfThree(a: number, b: number, tiny: number): number {
  const sum = a + b;
  if (tiny === 0) return sum;
  const error = errorOfSum(a, b, sum);
  // Half-way means that the mirror image of the sum is a float64 number, too.
  const mirrored = sum + 2 * error;
  const isTie = mirrored - sum === 2 * error;
  return isTie && tiny > 0 === error > 0 ? mirrored : sum;
}

/** fma where intermediate results might overflow or be denormal: exact, in integers. */
function fmaOfExtremes(a: number, b: number, c: number): number {
  if (a === 0 || b === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return a * b + c;
  if (!Number.isFinite(c)) return c; // a * b alone might overflow to the other infinity
  return roundQuantaSquared(quanta(a) * quanta(b) + (quanta(c) << BigInt(QUANTUM_BITS)));
}

/** The smallest positive number is 2^-1074; every number is a multiple of it. */
const QUANTUM_BITS = 1074;
const PRECISION = 53;
const FRACTION_BITS = BigInt(PRECISION - 1);
const INFINITY_BITS = 0x7ffn << FRACTION_BITS;

const number = new Float64Array(1);
const bits = new BigUint64Array(number.buffer);

/** How many times 2^-1074 a finite number is. */
function quanta(x: number): bigint {
  number[0] = Math.abs(x);
  const pattern = bits[0] as bigint;
  const exponent = pattern >> FRACTION_BITS;
  const fraction = pattern - (exponent << FRACTION_BITS);
  const magnitude =
    exponent === 0n ? fraction : (fraction + (1n << FRACTION_BITS)) << (exponent - 1n);
  return x < 0 ? -magnitude : magnitude;
}

/** The number nearest to x times 2^-2148, ties to even. 0, an exact cancellation, is +0. */
function roundQuantaSquared(x: bigint): number {
  const magnitude = x < 0n ? -x : x;
  // Bits below the last place of the result: what exceeds the precision, or what is denormal.
  const drop = BigInt(Math.max(bitLength(magnitude) - PRECISION, QUANTUM_BITS));
  let kept = magnitude >> drop;
  const half = 1n << (drop - 1n);
  const dropped = magnitude - (kept << drop);
  if (dropped > half || (dropped === half && kept % 2n === 1n)) kept += 1n;
  // The leading bit of kept adds itself to the exponent, as does a carry out of the fraction.
  const pattern = ((drop - BigInt(QUANTUM_BITS)) << FRACTION_BITS) + kept;
  bits[0] = pattern < INFINITY_BITS ? pattern : INFINITY_BITS;
  const rounded = number[0] as number;
  return x < 0n ? -rounded : rounded;
}

function bitLength(magnitude: bigint): number {
  const hex = magnitude.toString(16);
  return hex.length * 4 - Math.clz32(Number.parseInt(hex.charAt(0), 16)) + 28;
}
