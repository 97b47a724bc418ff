/**
 * Exact arithmetic on rational numbers, and its rounding to float32 and float64: what the tests
 * compare the library with. It is slow and obvious, and shares nothing with what it judges.
 */
export interface Rational {
  numerator: bigint;
  /** Positive. The fraction need not be in lowest terms. */
  denominator: bigint;
}

/** A finite number, exactly. */
export function rational(x: number): Rational {
  if (!Number.isFinite(x)) throw new RangeError(`Expected a finite number, but received ${x}`);
  let denominator = 1n;
  let scaled = x;
  while (!Number.isInteger(scaled)) {
    scaled *= 2 ** 53; // exact: a number with a fraction is below 2^53
    denominator *= 2n ** 53n;
  }
  return { numerator: BigInt(scaled), denominator };
}

export function add(a: Rational, b: Rational): Rational {
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}

export function multiply(a: Rational, b: Rational): Rational {
  return {
    numerator: a.numerator * b.numerator,
    denominator: a.denominator * b.denominator,
  };
}

/** b must not be 0. */
export function divide(a: Rational, b: Rational): Rational {
  const sign = b.numerator < 0n ? -1n : 1n;
  return {
    numerator: sign * a.numerator * b.denominator,
    denominator: sign * a.denominator * b.numerator,
  };
}

/** Negative, 0 or positive, as a is less than, equal to or greater than b. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** A binary floating-point format: its numbers from 0 to infinity, in order. */
export interface Format {
  name: string;
  /** The place of infinity among them. */
  infinity: bigint;
  /** The number at a place. A place is even if the last bit of its number is 0. */
  at(place: bigint): number;
  /** The least power of 2 that is too large. */
  limit: Rational;
}

type Wide = 'float32' | 'float64';
export const formats: Record<Wide, Format & { name: Wide }> = {
  float32: {
    name: 'float32',
    infinity: 0x7f800000n,
    at: (place) => new Float32Array(Uint32Array.of(Number(place)).buffer)[0] as number,
    limit: { numerator: 2n ** 128n, denominator: 1n },
  },
  float64: {
    name: 'float64',
    infinity: 0x7ff0000000000000n,
    at: (place) => new Float64Array(BigUint64Array.of(place).buffer)[0] as number,
    limit: { numerator: 2n ** 1024n, denominator: 1n },
  },
};

/** The number of the format nearest to a positive or zero value; of two as near, the even one. */
export function nearest(format: Format, value: Rational): number {
  return search(format, approximate(value), (halfWay) => compare(value, halfWay));
}

/** As `nearest`, for values of either sign. What rounds to zero keeps its sign. */
export function round(format: Format, value: Rational): number {
  const { numerator, denominator } = value;
  if (numerator >= 0n) return nearest(format, value);
  return -nearest(format, { numerator: -numerator, denominator });
}

/** The square root of a positive value. */
export function squareRoot(format: Format, value: Rational): number {
  const close = Math.sqrt(approximate(value));
  return search(format, close, (halfWay) => compare(value, multiply(halfWay, halfWay)));
}

/**
 * base^exponent, for a base from 0 to 1 and an exponent of at least 0, whatever its fraction. Between two bounds, in units of
 * 2^-BITS, that must round alike.
 */
export function nearestPower(format: Format, base: number, exponent: number): number {
  const { numerator, denominator } = rational(base);
  const whole = Math.floor(exponent);
  if (base === 0) return exponent === 0 ? 1 : 0;
  // No root is below 2^-537 and no product below 2^-1074. Each loses less than a unit to rounding: all together less than
  // one part in 2^300.
  const one = 2n ** BITS;
  const roots = rootsOf.get(base) ?? [(numerator << BITS) / denominator];
  rootsOf.set(base, roots);
  let low = one;
  for (let rest = exponent - whole, bit = 1; rest > 0; bit++) {
    roots[bit] ??= floorOfRoot((roots[bit - 1] as bigint) << BITS);
    rest *= 2;
    if (rest < 1) continue;
    low = (low * (roots[bit] as bigint)) >> BITS;
    rest -= 1;
  }
  const exact = {
    numerator: numerator ** BigInt(whole),
    denominator: denominator ** BigInt(whole),
  };
  const [least, most] = [low, low + (low >> 300n) + 1n].map((units) =>
    nearest(format, multiply(exact, { numerator: units, denominator: one })),
  );
  if (least !== most) throw new RangeError(`Expected bounds of ${base}^${exponent} to round alike`);
  return least as number;
}

const BITS = 1400n;
/** Of each base the roots that were needed: square root, that one's own, and so on. */
const rootsOf = new Map<number, bigint[]>();

/** The largest integer whose square is not more. */
function floorOfRoot(x: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(x.toString(2).length / 2));
  for (;;) {
    const next = (root + x / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** a * b + c of finite numbers, rounded once, zeros signed as IEEE 754 wants them. */
export function fusedMultiplyAdd(format: Format, a: number, b: number, c: number): number {
  const sum = add(multiply(rational(a), rational(b)), rational(c));
  if (sum.numerator !== 0n) return round(format, sum);
  const isNegative = (x: number) => x < 0 || Object.is(x, -0);
  return isNegative(c) && isNegative(a) !== isNegative(b) && (a === 0 || b === 0) ? -0 : 0;
}

/** Some float64 number close to a value that is not negative. */
function approximate({ numerator, denominator }: Rational): number {
  const scale = (x: bigint) => BigInt(Math.max(0, x.toString(16).length * 4 - 64));
  const [above, below] = [scale(numerator), scale(denominator)];
  const quotient = Number(numerator >> above) / Number(denominator >> below);
  const exponent = Number(above - below);
  // In two halves, as 2^exponent alone may be 0 or infinite.
  return quotient * 2 ** Math.trunc(exponent / 2) * 2 ** (exponent - Math.trunc(exponent / 2));
}

/**
 * The first number from which a value is not farther than from the next: the value lies below the
 * point half-way between them, or on it and the number is even. Looks around a number first that need only be
 * close to it for this to be fast.
 */
function search(format: Format, close: number, compareWith: (halfWay: Rational) => number): number {
  const half: Rational = { numerator: 1n, denominator: 2n };
  const isBelow = (place: bigint) => {
    const next = place + 1n === format.infinity ? format.limit : rational(format.at(place + 1n));
    const comparison = compareWith(multiply(add(rational(format.at(place)), next), half));
    return comparison < 0 || (comparison === 0 && place % 2n === 0n);
  };

  let [first, last] = [0n, format.infinity];
  const start = firstPlace(last, (place) => format.at(place) >= close);
  for (let step = 1n; start - step > first; step *= 16n) {
    if (isBelow(start - step)) last = start - step;
    else {
      first = start - step + 1n;
      break;
    }
  }
  for (let step = 1n; start + step < last; step *= 16n) {
    if (isBelow(start + step)) last = start + step;
    else first = start + step + 1n;
  }
  return format.at(firstPlace(last, isBelow, first));
}

/** The first place before an end where something holds that holds from there on; the end if it does nowhere. */
function firstPlace(end: bigint, holds: (place: bigint) => boolean, begin = 0n): bigint {
  let [first, last] = [begin, end];
  while (first < last) {
    const place = (first + last) / 2n;
    if (holds(place)) last = place;
    else first = place + 1n;
  }
  return first;
}
