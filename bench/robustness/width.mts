import type { Trial } from './trial.mts';

/** What one method makes of one task, rate by rate. */
export interface Curve {
  readonly task: string;
  readonly method: string;
  readonly points: readonly Point[];
}

export interface Point {
  readonly rate: number;
  /** Over the seeds: the loss on the test data, at most that before training. */
  readonly mean: number;
  readonly least: number;
  readonly most: number;
  readonly initial: number;
}

/** Rates without a gap around the best one. */
export interface Width {
  readonly from: number;
  readonly to: number;
  readonly decades: number;
}

/** A training whose loss is no number has come to nothing. */
const lossOf = ({ initial, final }: Trial) => (final < initial ? final : initial);

export function curvesOf(trials: readonly Trial[]): Curve[] {
  const keys = new Map(trials.map(({ task, method }) => [`${task}/${method}`, { task, method }]));
  return [...keys.values()].map(({ task, method }) => {
    const own = trials.filter((trial) => trial.task === task && trial.method === method);
    const rates = [...new Set(own.map(({ rate }) => rate))].sort((a, b) => a - b);
    const points = rates.map((rate): Point => {
      const runs = own.filter((trial) => trial.rate === rate);
      const losses = runs.map(lossOf);
      return {
        rate,
        mean: mean(losses),
        least: Math.min(...losses),
        most: Math.max(...losses),
        initial: mean(runs.map(({ initial }) => initial)),
      };
    });
    return { task, method, points };
  });
}

export function best({ points }: Curve): Point {
  return points.reduce((a, b) => (b.mean < a.mean ? b : a));
}

/** The loss that is still usable: a tenth of the way from the best of the reference to that before training. */
export function limitOf(reference: Curve): number {
  const { mean, initial } = best(reference);
  return mean + (initial - mean) / 10;
}

/** Undefined if no rate is usable. */
export function widthOf(curve: Curve, limit: number): Width | undefined {
  const { points } = curve;
  const middle = points.indexOf(best(curve));
  const isUsable = (i: number) => points[i] !== undefined && points[i].mean <= limit;
  if (!isUsable(middle)) return undefined;
  let [first, last] = [middle, middle];
  while (isUsable(first - 1)) first--;
  while (isUsable(last + 1)) last++;
  const [from, to] = [points[first].rate, points[last].rate];
  return { from, to, decades: Math.log10(to / from) };
}

/** How much worse than its best a method is at a rate of the grid on average: Wortsman et al., arXiv:2309.14322. */
export function sensitivityOf(curve: Curve): number {
  const least = best(curve).mean;
  return mean(curve.points.map((point) => point.mean - least));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
