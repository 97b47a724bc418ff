// Norms, the same on every machine. Mirrors native/around.inl and native/norms.h.

/** How many numbers are summed before their sum is added to that of the chunks before. */
export const CHUNK = 4096;

/** How many sums a tensor of this length has. */
export function chunksOf(length: number): number {
  return Math.ceil(length / CHUNK);
}

/** For each tensor of these lengths the number of its first chunk, of all. */
export function firstChunksOf(lengths: readonly number[]): number[] {
  let chunks = 0;
  return lengths.map((length) => {
    const first = chunks;
    chunks += chunksOf(length);
    return first;
  });
}

/** How many sums a chunk is spread over, element by element; they are added in pairs then. */
export const LANES = 32;

/** The sum of the lanes, which become 0. */
export function foldLanes(lanes: Float64Array): number {
  for (let half = LANES / 2; half >= 1; half /= 2) {
    for (let k = 0; k < half; k++) (lanes[k] as number) += lanes[k + half] as number;
  }
  const sum = lanes[0] as number;
  lanes.fill(0);
  return sum;
}

/** The sums of the squares of the numbers of a tensor, in float64: one for each chunk, NaN if a number of it is infinite or NaN. */
export class SumsOfSquares {
  readonly #lanes = new Float64Array(LANES);
  #count = 0;
  readonly #sums: Float64Array;
  readonly #first: number;
  #chunk: number;

  /** @param chunk the number of the first one in `sums`, where they are written */
  constructor(sums: Float64Array, chunk: number) {
    this.#sums = sums;
    this.#first = chunk;
    this.#chunk = chunk;
  }

  /** Adds the square of the next number. */
  add(x: number) {
    // NaN if x is not finite: the square of a finite float64 can be infinite.
    (this.#lanes[this.#count % LANES] as number) += x * x + (x - x);
    if (++this.#count % CHUNK === 0) this.#fold();
  }

  /** Writes the sum of a last chunk that is not full, and returns the sum of all. */
  end(): number {
    if (this.#count % CHUNK !== 0) this.#fold();
    return sumOfChunks(this.#sums, this.#first, this.#chunk);
  }

  #fold() {
    this.#sums[this.#chunk++] = foldLanes(this.#lanes);
  }
}

/** The sum of the squares of a tensor, from those of its chunks. */
export function sumOfChunks(sums: Float64Array, first: number, end: number): number {
  let sum = 0;
  for (let k = first; k < end; k++) sum += sums[k] as number;
  return sum;
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
    const limit = limits[i] as number;
    norms[1 + i] = norm;
    multipliers[i] = toLimit(norm, limit);
    // A norm may be infinite: what clipping leaves of it is the limit.
    rest += norm > limit ? limit * limit : sum;
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
