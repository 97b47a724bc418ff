import { raiseInPlace } from '../arithmetic/power.js';
import { type CommonOptions, commonHyperparameters } from '../common-options.js';
import { failure, show } from '../errors.js';
import {
  integer,
  nonNegative,
  oneOf,
  openFraction,
  type Specification,
  upTo,
  type Values,
} from '../hyperparameters.js';
import { type Numbers, type Rule, sizeNumber } from '../rule.js';

/** What {@link ScheduleFreeRMSprop} and {@link ScheduleFreeAdamW} have in common. */
export interface ScheduleFreeOptions extends Omit<CommonOptions, 'weightDecayMode'> {
  /** Step size of the base parameters. Domain: at least 0. Default: 0.0025. No schedule is needed but `warmUpSteps`. */
  learningRate?: number | undefined;
  /**
   * Where between the base parameters, 0, and their average, 1, gradients are taken: what momentum is elsewhere. The authors'
   * `betas[0]`, and `momentum` of their wrapper. Domain: (0, 1); near 0 the average is known from the parameters with few
   * digits. Default: 0.9; 0.95 and 0.98 are for long trainings.
   */
  beta1?: number | undefined;
  /** Added to the root. Domain: at least 0. Default: 1e-8. */
  epsilon?: number | undefined;
  /** The rate rises in so many equal steps, of which the first one is not 0. Domain: integers from 0 to 2^53 - 1. Default: 0. */
  warmUpSteps?: number | undefined;
  /** The base parameters after update t weigh t^r in the average. Domain: [0, 4]. Default: 0. */
  r?: number | undefined;
  /** They also weigh the largest rate so far to this power. Domain: [0, 4]. Default: 2. */
  weightLrPower?: number | undefined;
  /**
   * Weight decay is added to the update, `weightDecay * p` to the gradient divided by its root, at the parameters at which the
   * gradient was taken. Default: `'update'`, which is all that there is.
   */
  weightDecayMode?: 'update' | undefined;
}

/** The domains end where sums of weights could become infinite. */
const LARGEST_POWER = 4;

export const scheduleFreeHyperparameters: Specification<ScheduleFreeOptions> = {
  learningRate: nonNegative(0.0025), // first, as in lion.ts
  beta1: openFraction(0.9),
  epsilon: nonNegative(1e-8),
  warmUpSteps: integer(0, Number.MAX_SAFE_INTEGER),
  r: upTo(LARGEST_POWER, 0),
  weightLrPower: upTo(LARGEST_POWER, 2),
  ...commonHyperparameters,
  weightDecayMode: oneOf('update'),
};

type Stream = 'baseParameter' | 'squareAverage';
type Scalar =
  | 'decay'
  | 'oneMinusDecay'
  | 'biasCorrection'
  | 'epsilon'
  | 'weightDecay'
  | 'averageWeight'
  | 'negativeStep'
  | 'negativeLearningRate'
  | 'baseWeight'
  | 'lowerBound'
  | 'upperBound';
type Switch = 'starts' | 'decays' | 'bounded';
export type ScheduleFreeRule<O> = Rule<O, Stream, Scalar, Switch>;
type Parts = Omit<ScheduleFreeRule<ScheduleFreeOptions>, 'name' | 'hyperparameters' | 'prepare'>;

/** The places of the numbers of a tensor. */
const [LARGEST_RATE, WEIGHT_SUM] = [0, 1];

/** The rate of a step and what its parameters weigh in the average. In memory: a fraction that is chosen may be a new object. */
const rate = new Float64Array(1);
const averageWeight = new Float64Array(1);

function findRate({ learningRate, warmUpSteps }: Values<ScheduleFreeOptions>, step: number) {
  rate[0] = learningRate;
  if (step < warmUpSteps) rate[0] = learningRate * (step / warmUpSteps);
}

/** The factors of what the base parameters after a step weigh in the average. */
const factors = new Float64Array(2);
const exponents = new Float64Array(2);
/** What they were computed for: r, weightLrPower, the step and the largest rate. */
const computedFor = new Float64Array(4);

function findWeight(h: Values<ScheduleFreeOptions>, step: number, numbers: Numbers) {
  const known = computedFor;
  const isSame = known[0] === h.r && known[1] === h.weightLrPower && known[2] === step;
  if (isSame && known[3] === numbers[LARGEST_RATE]) return;
  known[0] = h.r;
  known[1] = h.weightLrPower;
  known[2] = step;
  known[3] = numbers[LARGEST_RATE] as number;
  factors[0] = step;
  factors[1] = numbers[LARGEST_RATE] as number;
  exponents[0] = h.r;
  exponents[1] = h.weightLrPower;
  raiseInPlace(factors, exponents);
}

/** All but the average of squares, of which the two rules have their own. */
export function prepareScheduleFree(
  h: Values<ScheduleFreeOptions>,
  step: number,
  c: Record<Scalar, number>,
  on: Record<Switch, boolean>,
  numbers: Numbers,
) {
  findRate(h, step);
  findWeight(h, step, numbers);
  const sum = numbers[WEIGHT_SUM] as number;
  // As long as all rates were 0 there is nothing to take an average of.
  averageWeight[0] = 0;
  if (sum !== 0) averageWeight[0] = ((factors[0] as number) * (factors[1] as number)) / sum;
  const weight = averageWeight[0] as number;
  c.epsilon = h.epsilon;
  c.weightDecay = h.weightDecay;
  c.averageWeight = weight;
  c.negativeStep = (rate[0] as number) * (h.beta1 * (1 - weight) - 1);
  c.negativeLearningRate = -(rate[0] as number);
  c.baseWeight = 1 - h.beta1 * (1 - weight);
  c.lowerBound = h.lowerBound;
  c.upperBound = h.upperBound;
  on.starts = step === 1;
  on.decays = h.weightDecay !== 0;
  on.bounded = h.lowerBound > Number.NEGATIVE_INFINITY || h.upperBound < Number.POSITIVE_INFINITY;
}

/** What both rules are made of. Mirrors native/rules/schedule-free.h line for line. */
export const scheduleFree: Parts = {
  kernel: 'schedule-free',
  state: [{ name: 'baseParameter', signed: true }, { name: 'squareAverage' }],
  numbers: {
    kept: [sizeNumber('largestRate'), sizeNumber('weightSum')],
    advance(h, step, numbers) {
      findRate(h, step);
      if ((rate[0] as number) > (numbers[LARGEST_RATE] as number))
        numbers[LARGEST_RATE] = rate[0] as number;
      findWeight(h, step, numbers);
      (numbers[WEIGHT_SUM] as number) += (factors[0] as number) * (factors[1] as number);
    },
  },
  scalars: [
    'decay',
    'oneMinusDecay',
    'biasCorrection',
    'epsilon',
    'weightDecay',
    'averageWeight',
    'negativeStep',
    'negativeLearningRate',
    'baseWeight',
    'lowerBound',
    'upperBound',
  ],
  switches: ['starts', 'decays', 'bounded'],
  needsWholeTensors: true,

  check({ stateType }, where) {
    // With 3 bits of fraction the base parameters would jump by more than a step.
    if (stateType === 'uint8') {
      const expected = `${where}.stateType to be 'float32' or 'bfloat16' for a Schedule-Free optimizer`;
      throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, show(stateType));
    }
  },

  update(x, c, on, { add, sub, mul, div, fma, sqrt, lerp, clamp }) {
    const g = x.g;

    if (on.starts) x.baseParameter = x.p;
    const v = fma(mul(c.oneMinusDecay, g), g, mul(c.decay, x.squareAverage));
    x.squareAverage = v;
    let u = div(g, add(sqrt(div(v, c.biasCorrection)), c.epsilon));
    if (on.decays) u = fma(c.weightDecay, x.p, u);
    const z = x.baseParameter;
    const y = lerp(x.p, z, c.averageWeight);
    let next = fma(c.negativeLearningRate, u, z);
    if (on.bounded) {
      // Else the base parameters would go on beyond, and their average the other way.
      next = clamp(next, c.lowerBound, c.upperBound);
      x.p = fma(c.baseWeight, sub(next, z), y);
    } else {
      x.p = fma(c.negativeStep, u, y);
    }
    x.baseParameter = next;
  },

  // The parameters are beta1 of the average and the rest of the base parameters.
  average: { name: 'baseParameter', weight: ({ beta1 }) => 1 - 1 / beta1 },
};
