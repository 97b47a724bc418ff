import { chunksOf, SumsOfSquares } from './norms.js';
import type { Parameter } from './params.js';
import type { GroupRange } from './saved-state.js';
import { decode } from './types/codecs.js';

/**
 * What a step did to one tensor (or, if it came as rows, to these), p' - p being the update of its number p. All of it is
 * computed in float64, and has the same bits on every machine; parameters are the numbers that their memory holds.
 */
export interface TensorReport {
  /** The number of its group, from 0. */
  readonly group: number;
  /** Its name in the group, as in a state dictionary: its key in a record, else its place, `'0'`. */
  readonly name: string;
  /**
   * sqrt(sum of g * g), g being the gradient as it is before norms clip it: that of {@link StepResult.gradientNorms}. This
   * norm, as the others, is NaN if one of the numbers is infinite or NaN.
   */
  readonly gradientNorm: number;
  /** sqrt(sum of (p' - p)^2): of all that the step did, weight decay and bounds too. */
  readonly updateNorm: number;
  /** sqrt(sum of p' * p'), after the step. */
  readonly parameterNorm: number;
  /** How much of the tensor has not changed: numbers where p' - p is 0, divided by all. 0 for a tensor without numbers. */
  readonly zeroUpdateFraction: number;
  /**
   * The largest |p' - p| / |g| where g is not 0: the learning rate of gradient descent that would have moved that number as
   * far. 0 if all g are 0; infinite where the quotient is; NaN if one is.
   */
  readonly largestRate: number;
}

/** What a report has for each tensor. Mirrors native/change.h. */
const Column = {
  GRADIENT_NORM: 0,
  UPDATE_NORM: 1,
  PARAMETER_NORM: 2,
  ZERO_UPDATE_FRACTION: 3,
  LARGEST_RATE: 4,
} as const;

export const REPORT_WIDTH = Object.keys(Column).length;

/** What engines have told of the tensors that a step updated. */
export function readReports(
  reports: Float64Array,
  parameters: readonly Parameter[],
  groups: readonly GroupRange[],
  isUpdated: (i: number) => boolean,
): TensorReport[] {
  return groups.flatMap(({ first, end }, group) =>
    parameters.slice(first, end).flatMap(({ name }, k) => {
      const i = first + k;
      if (!isUpdated(i)) return [];
      const column = (which: number) => reports[i * REPORT_WIDTH + which] as number;
      return {
        group,
        name,
        gradientNorm: column(Column.GRADIENT_NORM),
        updateNorm: column(Column.UPDATE_NORM),
        parameterNorm: column(Column.PARAMETER_NORM),
        zeroUpdateFraction: column(Column.ZERO_UPDATE_FRACTION),
        largestRate: column(Column.LARGEST_RATE),
      };
    }),
  );
}

/** The numbers of a parameter, as its memory holds them. */
export function storedNumbers({ tensor, type, length }: Parameter): Float64Array {
  const numbers = new Float64Array(length);
  decode(tensor, type, numbers);
  return numbers;
}

/** Writes what a report tells of a tensor. Mirrors native/around.inl. */
export function writeReport(
  gradient: Float64Array,
  before: Float64Array,
  after: Float64Array,
  to: Float64Array,
) {
  const squares = () => new SumsOfSquares(new Float64Array(chunksOf(after.length)), 0);
  const sums = { gradient: squares(), update: squares(), p: squares() };
  let zeroUpdates = 0;
  let largestRate = 0;
  for (let i = 0; i < after.length; i++) {
    const g = gradient[i] as number;
    const p = after[i] as number;
    const update = p - (before[i] as number);
    const rate = g === 0 ? 0 : Math.abs(update) / Math.abs(g);
    sums.gradient.add(g);
    sums.update.add(update);
    sums.p.add(p);
    if (update === 0) zeroUpdates++;
    if (rate > largestRate || Number.isNaN(rate)) largestRate = rate;
  }
  to[Column.GRADIENT_NORM] = Math.sqrt(sums.gradient.end());
  to[Column.UPDATE_NORM] = Math.sqrt(sums.update.end());
  to[Column.PARAMETER_NORM] = Math.sqrt(sums.p.end());
  to[Column.ZERO_UPDATE_FRACTION] = zeroUpdates / after.length;
  to[Column.LARGEST_RATE] = largestRate;
}
