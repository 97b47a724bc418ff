import { REPORT_WIDTH } from './report.js';

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
} as const;

export function createStepMemory(tensors: number): StepMemory {
  const length = Object.keys(Request).length;
  return {
    request: new Float64Array(length),
    norms: new Float64Array(1 + tensors),
    reports: new Float64Array(REPORT_WIDTH * tensors),
    squares: new Float64Array(tensors),
  };
}
