/** The least window over which a slope means anything. */
const LEAST_WINDOW = 5;

/** How many deviations from the line the fall along it must be. Of 100 losses that are noise alone, one series in 50 does. */
const SIGNIFICANT = 5;

/**
 * Where losses fall most steeply with the logarithm of the rate, as an index; undefined if they fall nowhere.
 *
 * The slope at a loss is that of the least-squares line through a tenth of the sweep around it: unlike that of an
 * exponential average it does not come late, and unlike a difference it does not hang on the noise of two batches. It counts
 * if the line falls by several times the standard deviation of the losses from it.
 *
 * @param losses with the same ratio between the rates of any two
 * @param steps how many there would be, had nothing stopped the test
 * @param end the last index that may be suggested
 */
export function steepestDescent(losses: ArrayLike<number>, steps: number, end: number) {
  const reach = Math.max((LEAST_WINDOW - 1) / 2, Math.floor(steps / 20));
  let steepest = 0;
  let found: number | undefined;
  for (let i = reach; i <= Math.min(end, losses.length - 1 - reach); i++) {
    const { slope, deviation } = fitLine(losses, i, reach);
    // Where a loss is not finite, nothing is less than the slope.
    if (!(slope < steepest) || !(-slope * 2 * reach > SIGNIFICANT * deviation)) continue;
    steepest = slope;
    found = i;
  }
  return found;
}

/** The line through the losses from i - reach to i + reach, and the standard deviation of the losses from it. */
function fitLine(losses: ArrayLike<number>, i: number, reach: number) {
  let sum = 0;
  let moment = 0;
  let squares = 0;
  for (let k = -reach; k <= reach; k++) {
    const loss = losses[i + k] as number;
    sum += loss;
    moment += k * loss;
    squares += k * k;
  }
  const count = 2 * reach + 1;
  const [mean, slope] = [sum / count, moment / squares];
  let rest = 0;
  for (let k = -reach; k <= reach; k++) {
    const distance = (losses[i + k] as number) - mean - slope * k;
    rest += distance * distance;
  }
  return { slope, deviation: Math.sqrt(rest / (count - 2)) };
}
