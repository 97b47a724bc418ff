import { DISTANCE_NUMBERS } from './distance.js';
import { chunksOf, firstChunksOf } from './norms.js';
import { REPORT_WIDTH } from './report.js';
import { SAMPLE_SUMS, type Spaced } from './samples.js';

/**
 * What an optimizer tells its engine about the next step as a whole, and what the engine tells about the last one. Both are
 * memory that the kernel reads and writes.
 */
export interface StepMemory {
  readonly request: Float64Array;
  /**
   * If norms were measured: that of all gradients, then that of each tensor's, before they are clipped by norms; NaN where a
   * number is infinite or NaN.
   */
  readonly norms: Float64Array;
  /** If reports were asked for: what each tensor's has. */
  readonly reports: Float64Array;
  /** Then also the sums of the squares that the norms are the roots of. */
  readonly squares: Float64Array;
  /** What those are the sums of: the squares of each chunk of 4096 numbers, tensor by tensor. */
  readonly sums: Float64Array;
  /** For each tensor the number of its first one. */
  readonly firstChunks: readonly number[];
  readonly tensors: readonly Spaced[];
  /** For each chunk the sums over its sample: see samples.ts. */
  readonly samples: Float64Array;
  /** For each tensor what its estimate of a distance goes by: see distance.ts. */
  readonly distances: Float64Array;
  /** What each tensor's gradient is multiplied by, so that norms keep to their limits. */
  readonly multipliers: Float64Array;
}

/** What the request has where, each a number or 0 for no and 1 for yes. See native/engine.h. */
export const Request = {
  /** Only adds the gradients to their sum. */
  ACCUMULATES: 0,
  /** Measures norms. */
  MEASURES: 1,
  /** Does nothing if a norm is NaN. */
  REFUSES: 2,
  CLIP_GLOBAL_NORM: 3,
  /** Sets gradients to 0. */
  ZEROES: 4,
  /** Sets them to 0 even if it does nothing else, because a norm is NaN. */
  ZEROES_REFUSED: 5,
  /** Tells what it does to each tensor. */
  REPORTS: 6,
  /** A number of {@link Phase}. */
  PHASE: 7,
  /** Writes what the samples add up to. */
  SAMPLES: 8,
} as const;

/** What a call makes of a step that measures norms: norms of more tensors than the engine knows are made in between. */
export const Phase = {
  WHOLE: 0,
  /** Writes the sums of squares, and nothing else. */
  ONLY_SUMS: 1,
  /** Takes norms and multipliers as they are. */
  AFTER_NORMS: 2,
} as const;

export function createStepMemory(tensors: readonly Spaced[]): StepMemory {
  const length = Object.keys(Request).length;
  const lengths = tensors.map(({ length }) => length);
  const count = lengths.length;
  const chunks = lengths.reduce((sum, length) => sum + chunksOf(length), 0);
  return {
    request: new Float64Array(length),
    norms: new Float64Array(1 + count),
    reports: new Float64Array(REPORT_WIDTH * count),
    squares: new Float64Array(count),
    sums: new Float64Array(chunks),
    firstChunks: firstChunksOf(lengths),
    tensors,
    samples: new Float64Array(SAMPLE_SUMS * chunks),
    distances: new Float64Array(DISTANCE_NUMBERS * count),
    multipliers: new Float64Array(count).fill(1),
  };
}
