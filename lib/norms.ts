import type { Arithmetic } from './arithmetic/arithmetic.js';
import type { Settings } from './rows.js';
import type { Element } from './rule.js';
import type { Stream } from './streams.js';
import { beforeNorms, type transformation } from './transformation.js';

// Norms of gradients, the same on every machine. Mirrors native/around.inl and native/norms.h.

/** How many numbers are summed before their sum is added to that of the chunks before. */
const CHUNK = 4096;

/** How many sums a chunk is spread over, element by element; they are added in pairs then. */
const LANES = 32;

type C = Parameters<typeof transformation.update>[1];
type On = Parameters<typeof transformation.update>[2];

/** The sum of the squares of a tensor's gradient, in float64; NaN if it has a number that is infinite or NaN. */
export function sumOfSquares(
  length: number,
  ofLoss: Stream,
  sum: Stream | undefined,
  { c, on }: Settings,
  arithmetic: Arithmetic,
): number {
  const lanes = new Float64Array(LANES);
  const x = { p: 0, g: 0, gradientSum: 0 } as Element<'gradientSum'>;
  let total = 0;
  let finite = true;
  for (let begin = 0; begin < length; begin += CHUNK) {
    const end = Math.min(begin + CHUNK, length);
    lanes.fill(0);
    for (let at = begin; at < end; at += ofLoss.blockLength) {
      const to = Math.min(at + ofLoss.blockLength, end);
      ofLoss.open(at, to);
      sum?.open(at, to);
      for (let i = 0; i < to - at; i++) {
        x.g = ofLoss.values[i] as number;
        if (sum) x.gradientSum = sum.values[i] as number;
        const g = beforeNorms(x, c as C, on as On, arithmetic);
        finite &&= Number.isFinite(g);
        (lanes[(at - begin + i) % LANES] as number) += g * g;
      }
    }
    for (let half = LANES / 2; half >= 1; half /= 2) {
      for (let k = 0; k < half; k++) (lanes[k] as number) += lanes[k + half] as number;
    }
    total += lanes[0] as number;
  }
  return finite ? total : Number.NaN;
}

/**
 * From the sums of squares of some tensors: writes the norms, that of all of them and that of each, and the numbers by which
 * the gradients are to be multiplied.
 *
 * @param first the number of the first of them
 * @param end the number after that of the last
 * @param limits for each tensor the largest norm that it may keep
 */
export function clipNorms(
  sums: Float64Array,
  limits: Float64Array,
  first: number,
  end: number,
  globalLimit: number,
  norms: Float64Array,
  multipliers: Float64Array,
) {
  let rest = 0;
  for (let i = first; i < end; i++) {
    const sum = sums[i] as number;
    const norm = Math.sqrt(sum);
    const multiplier = toLimit(norm, limits[i] as number);
    norms[1 + i] = norm;
    multipliers[i] = multiplier;
    const left = multiplier * norm;
    rest += multiplier === 1 ? sum : left * left;
  }
  norms[0] = normOfAll(sums, first, end);
  const ofAll = toLimit(Math.sqrt(rest), globalLimit);
  for (let i = first; i < end; i++) (multipliers[i] as number) *= ofAll;
}

/** The norm of the gradients of some tensors together, from their sums of squares. */
export function normOfAll(sums: Float64Array, first: number, end: number): number {
  let whole = 0;
  for (let i = first; i < end; i++) whole += sums[i] as number;
  return Math.sqrt(whole);
}

/** NaN for a norm that is NaN, if there is a limit. */
function toLimit(norm: number, limit: number): number {
  return norm <= limit || limit === Number.POSITIVE_INFINITY ? 1 : limit / norm;
}
