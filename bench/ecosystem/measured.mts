import { type Budget, measure } from '../measure.mts';
import { ratiosOf, type Spread, spreadOf } from '../spread.mts';
import type { Library, Network, Rule } from './library.mts';

/** One network in training, with the optimizer of the library and with this package's, side by side. */
export interface Result {
  readonly library: Library;
  readonly network: Network;
  readonly rule: Rule;
  readonly parameters: number;
  readonly step: Comparison;
  readonly whole: Comparison;
}

/** Milliseconds; and the library's over ours, round by round. */
export interface Comparison {
  readonly own: Spread;
  readonly ours: Spread;
  readonly ratio: Spread;
}

export async function compare(
  library: Library,
  network: Network,
  rule: Rule,
  budget: Budget,
): Promise<Result> {
  const own = await library.prepare(network, rule, 'own');
  const ours = await library.prepare(network, rule, 'ours');
  const sideBySide = async (what: 'step' | 'whole'): Promise<Comparison> => {
    const { nanoseconds } = await measure({}, { own: own[what], ours: ours[what] }, budget);
    // Guests come in turn: the n-th times of both are neighbours.
    const [a, b] = [nanoseconds.own, nanoseconds.ours].map((times) =>
      times.filter((time) => !Number.isNaN(time)).map((time) => time / 1e6),
    );
    return { own: spreadOf(a), ours: spreadOf(b), ratio: ratiosOf(a, b) };
  };
  const result = {
    library,
    network,
    rule,
    parameters: own.parameters,
    step: await sideBySide('step'),
    whole: await sideBySide('whole'),
  };
  own.release();
  ours.release();
  return result;
}
