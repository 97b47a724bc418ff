import { type ChartOptions, drawChart } from './chart.js';
import { steepestDescent } from './suggestion.js';

/**
 * Why a range test ended: at its highest rate; because the smoothed loss grew too much; because a loss was not finite, or
 * gradients were not that `onNonFinite: 'throw'` refuses.
 */
export type SweepEnd = 'maximum' | 'diverged' | 'not finite';

/** What a range test has seen, from its first rate to the one at which it ended. */
export class LearningRateCurve {
  /** The rates of the first group. */
  readonly rates: Float64Array;
  /** For each rate the loss of the batch before the step with it. */
  readonly losses: Float64Array;
  /** Exponential averages of the losses up to each. */
  readonly smoothedLosses: Float64Array;
  /** Why the test ended. */
  readonly end: SweepEnd;
  /**
   * The rate at which the loss falls most steeply with the logarithm of the rate, by the line through a tenth of the sweep;
   * undefined if it fell nowhere by more than its noise. Large enough to learn fast, and well below where training breaks:
   * what to start from, if only one is to be tried. It is a rate of the first group; the others keep their ratios to it.
   *
   * fastai (`steep`) and PyTorch Lightning take the steepest difference of neighbours of the smoothed loss.
   */
  readonly suggestion: number | undefined;
  /** The rate at which the smoothed loss was least: where training begins to break. Undefined if none was a number. */
  readonly rateAtMinimum: number | undefined;

  /** @internal */
  constructor(
    rates: readonly number[],
    losses: readonly number[],
    smoothedLosses: readonly number[],
    end: SweepEnd,
    steps: number,
  ) {
    this.rates = Float64Array.from(rates);
    this.losses = Float64Array.from(losses);
    this.smoothedLosses = Float64Array.from(smoothedLosses);
    this.end = end;
    const least = indexOfLeast(smoothedLosses);
    const steepest = steepestDescent(losses, steps, least);
    this.rateAtMinimum = rates[least];
    this.suggestion = steepest === undefined ? undefined : rates[steepest];
  }

  /**
   * The curve as an SVG document of its own, for light and dark pages: faint the losses, strong the smoothed ones, and a line
   * at the suggestion. Where the loss explodes, it leaves the picture.
   *
   * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
   */
  toSvg(options?: ChartOptions): string {
    return drawChart(this, options);
  }
}

/** -1 if there is no number that is less than infinity. */
function indexOfLeast(values: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  let found = -1;
  for (const [i, value] of values.entries()) {
    if (!(value < least)) continue;
    least = value;
    found = i;
  }
  return found;
}
