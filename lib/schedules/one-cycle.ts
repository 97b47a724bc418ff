import { cosineAnnealing } from '../arithmetic/cosine-annealing.js';
import { interpolate } from '../arithmetic/interpolate.js';
import { failure } from '../errors.js';
import {
  atLeastOne,
  boolean,
  fraction,
  oneOf,
  positiveInteger,
  readAllOptions,
  type Specification,
  type Values,
} from '../hyperparameters.js';
import { defineSchedule } from './schedule.js';

/** The shape of one cycle. */
export interface CycleOptions {
  /** How long the cycle is. Domain: integers of at least 1. */
  steps: number;
  /** In which part of the steps the rate rises. Domain: [0, 1]; [0, 0.5] with three phases. Default: 0.3. */
  rise?: number | undefined;
  /** How it goes from one end of a phase to the other. Default: 'cosine'. */
  annealing?: 'cosine' | 'linear' | undefined;
  /** Falls as long as it rises, and then to the end; else falls to the end at once. Default: false. */
  threePhase?: boolean | undefined;
}

/** The cycle of {@link oneCycle}: its shape, and how low the rate is at its ends. */
export interface OneCycleOptions extends CycleOptions {
  /** The first factor is 1 / divisor. Domain: at least 1. Default: 25. */
  divisor?: number | undefined;
  /** The last factor is 1 / divisor / finalDivisor. Domain: at least 1. Default: 10000. */
  finalDivisor?: number | undefined;
}

/** The cycle of {@link oneCycleMomentum}: its shape, and between which values. */
export interface OneCycleMomentumOptions extends CycleOptions {
  /** The momentum where the rate is highest. Domain: [0, 1]. Default: 0.85. */
  minimum?: number | undefined;
  /** The momentum at the start and at the end. Domain: [0, 1]. Default: 0.95. */
  maximum?: number | undefined;
}

const cycleSpecification: Specification<CycleOptions> = {
  steps: positiveInteger(),
  rise: fraction(0.3),
  annealing: oneOf('cosine', 'linear'),
  threePhase: boolean(false),
};

const rateSpecification: Specification<OneCycleOptions> = {
  ...cycleSpecification,
  divisor: atLeastOne(25),
  finalDivisor: atLeastOne(1e4),
};

const momentumSpecification: Specification<OneCycleMomentumOptions> = {
  ...cycleSpecification,
  minimum: fraction(0.85),
  maximum: fraction(0.95),
};

/**
 * One cycle: from low up to the base rate, which is the peak, and down to next to nothing, where it stays.
 *
 *     1 / divisor          at step 0
 *     1                    at step rise * steps - 1
 *     1 / divisor          at step 2 * rise * steps - 2, with three phases
 *     1 / divisor / finalDivisor                   from step steps - 1 on
 *
 * Source: Smith and Topin, arXiv:1708.07120; torch.optim.lr_scheduler.OneCycleLR, whose max_lr is the base rate here, and
 * which throws after the last step. It also cycles the momentum: here {@link oneCycleMomentum} does.
 * optax.cosine_onecycle_schedule has its peak one step later, and so its end.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION; RangeError ERR_CONFLICTING_OPTIONS
 */
export function oneCycle(options: OneCycleOptions) {
  const values = readAllOptions(rateSpecification, options, 'options');
  const start = 1 / values.divisor;
  return cycle(values, start, 1, start / values.finalDivisor);
}

/**
 * The momentum that goes with {@link oneCycle}, with the same options: high while the rate is low. It is the momentum
 * itself, not a factor: `new Scheduler(optimizer, schedules.oneCycle({ steps }), { momentum:
 * schedules.oneCycleMomentum({ steps }) })`.
 *
 * @throws TypeError, RangeError ERR_INVALID_OPTION; TypeError ERR_UNKNOWN_OPTION; RangeError ERR_CONFLICTING_OPTIONS
 */
export function oneCycleMomentum(options: OneCycleMomentumOptions) {
  const values = readAllOptions(momentumSpecification, options, 'options');
  return cycle(values, values.maximum, values.minimum, values.maximum);
}

function cycle(options: Values<CycleOptions>, start: number, peak: number, end: number) {
  const { steps, rise, annealing, threePhase } = options;
  if (threePhase && rise > 0.5) {
    const expected = 'options.rise to be at most 0.5 where options.threePhase is true';
    throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, `${rise}`);
  }
  const last = steps - 1;
  const phases = [
    { until: rise * steps - 1, from: start, to: peak },
    ...(threePhase ? [{ until: 2 * rise * steps - 2, from: peak, to: start }] : []),
    { until: last, from: threePhase ? start : peak, to: end },
  ];
  return defineSchedule((made) => {
    const step = Math.min(made, last);
    let begin = 0;
    for (const { until, from, to } of phases) {
      // A phase may have no length.
      if (step <= until && begin < until) {
        const done = step - begin;
        const whole = until - begin;
        return annealing === 'cosine'
          ? cosineAnnealing(from, to, done, whole)
          : interpolate(from, to, done, whole);
      }
      begin = until;
    }
    return end;
  });
}
