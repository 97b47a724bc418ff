import { power } from '../arithmetic/power.js';
import { show } from '../errors.js';
import {
  fraction,
  integer,
  nonNegative,
  oneOf,
  properFraction,
  readAllOptions,
  type Specification,
  type Values,
} from '../hyperparameters.js';
import { misfit, requireObject, requireStep } from '../saved-state.js';
import { constant } from './constant.js';
import { type Schedule, scheduleOption } from './schedule.js';

/** What {@link reduceOnPlateau} takes for a plateau, and what it does then. */
export interface ReduceOnPlateauOptions {
  /** Whether the metric should fall or rise. Default: 'min'. */
  mode?: 'min' | 'max' | undefined;
  /** What the rate is multiplied by. Domain: [0, 1). Default: 0.1. */
  factor?: number | undefined;
  /** How many metrics in a row may be no better than the best one. Domain: integers of at least 0. Default: 10. */
  patience?: number | undefined;
  /** By how much a better metric has to be better. Domain: at least 0. Default: 0.0001. */
  threshold?: number | undefined;
  /** Whether the threshold is a fraction of the best metric, or a difference from it. Default: 'relative'. */
  thresholdMode?: 'relative' | 'absolute' | undefined;
  /** How many metrics after a reduction do not count. Domain: integers of at least 0. Default: 0. */
  cooldown?: number | undefined;
  /** The factor, of all reductions together, that it does not go below. Domain: [0, 1]. Default: 0. */
  minimum?: number | undefined;
  /** A reduction that would lower that factor by no more than this is not made. Domain: [0, 1]. Default: 1e-8. */
  epsilon?: number | undefined;
  /** What is reduced. Default: the base rate. */
  schedule?: Schedule | undefined;
}

const LARGEST_COUNT = 2 ** 32 - 1;

const specification: Specification<ReduceOnPlateauOptions> = {
  mode: oneOf('min', 'max'),
  factor: properFraction(0.1),
  patience: integer(10, LARGEST_COUNT),
  threshold: nonNegative(1e-4),
  thresholdMode: oneOf('relative', 'absolute'),
  cooldown: integer(0, LARGEST_COUNT),
  minimum: fraction(0),
  epsilon: fraction(1e-8),
  schedule: scheduleOption(constant()),
};

/** What a plateau is known by: what JSON keeps. */
export interface PlateauState {
  /** The best metric so far; null before the first finite one. */
  best: number | null;
  /** How many metrics in a row were no better. */
  badMetrics: number;
  /** How many metrics do not count yet. */
  cooldown: number;
  /** How many times the rate was reduced. */
  reductions: number;
}

/** A schedule that looks at a metric: that of `reduceOnPlateau`. Itself it never changes; what changes is its state. */
export class ReduceOnPlateau {
  readonly #options: Values<ReduceOnPlateauOptions>;

  constructor(options: Values<ReduceOnPlateauOptions>) {
    this.#options = options;
  }

  /** The state before the first metric. */
  get initialState(): PlateauState {
    return { best: null, badMetrics: 0, cooldown: 0, reductions: 0 };
  }

  /** What the rates are multiplied by. */
  factor(step: number, { reductions }: PlateauState): number {
    return this.#options.schedule(step) * this.#reduced(reductions);
  }

  /** The state after one more metric. */
  observe(state: PlateauState, metric: number): PlateauState {
    const { patience, cooldown, epsilon } = this.#options;
    const better = this.#isBetter(metric, state.best);
    const best = better ? metric : state.best;
    const cooling = state.cooldown > 0;
    const badMetrics = better || cooling ? 0 : state.badMetrics + 1;
    const { reductions } = state;
    if (badMetrics <= patience) {
      return { best, badMetrics, cooldown: cooling ? state.cooldown - 1 : 0, reductions };
    }
    const change = this.#reduced(reductions) - this.#reduced(reductions + 1);
    const more = change > epsilon ? 1 : 0;
    return { best, badMetrics: 0, cooldown, reductions: reductions + more };
  }

  #reduced(reductions: number): number {
    return Math.max(power(this.#options.factor, reductions), this.#options.minimum);
  }

  #isBetter(metric: number, best: number | null): boolean {
    if (!Number.isFinite(metric)) return false;
    if (best === null) return true;
    const { mode, threshold, thresholdMode } = this.#options;
    const sign = mode === 'min' ? -1 : 1;
    const bound =
      thresholdMode === 'relative' ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === 'min' ? metric < bound : metric > bound;
  }
}

/** A state of a plateau, if that is what this is. */
export function readPlateauState(value: unknown, where: string): PlateauState {
  const { best, badMetrics, cooldown, reductions } = requireObject(value, where);
  if (best !== null && !Number.isFinite(best)) {
    throw misfit(`${where}.best to be a finite number or null`, show(best));
  }
  return {
    best: best as number | null,
    badMetrics: requireStep(badMetrics, `${where}.badMetrics`),
    cooldown: requireStep(cooldown, `${where}.cooldown`),
    reductions: requireStep(reductions, `${where}.reductions`),
  };
}

/**
 * Lowers the rate when a metric gets no better: `scheduler.step(metric)` shows it one; `scheduler.step()` counts a step of
 * `schedule` without.
 *
 *     schedule(step) * max(factor^reductions, minimum)
 *
 * A metric is better below best * (1 - threshold) or best - threshold ('min'), above best * (1 + threshold) or best +
 * threshold ('max'); one that is infinite or NaN never is. After more than `patience` others there is a reduction.
 *
 * Source: torch.optim.lr_scheduler.ReduceLROnPlateau, whose min_lr and eps are rates, and so another fraction for each
 * group. Keras' ReduceLROnPlateau and optax.contrib.reduce_on_plateau reduce one metric earlier, after patience others:
 * `patience: 3` here is 4 there. Keras' threshold is absolute (min_delta), optax has both (rtol, atol).
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION
 */
export function reduceOnPlateau(options?: ReduceOnPlateauOptions): ReduceOnPlateau {
  return new ReduceOnPlateau(readAllOptions(specification, options, 'options'));
}
