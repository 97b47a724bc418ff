import { type ReduceOnPlateau, type Schedule, schedules } from '../../lib/index.js';

const minimum = 0.01;

/** The schedules of test/golden/make_schedules.py, by the same names. */
export const cases: Record<string, Schedule | ReduceOnPlateau> = {
  constant: schedules.constant({ factor: 0.3, steps: 40 }),
  'linear up': schedules.linear({ steps: 60 }),
  'linear down': schedules.linear({ steps: 99, start: 1, end: 0.2 }),
  step: schedules.step({ steps: 30, factor: 0.3 }),
  'multi-step': schedules.multiStep({ milestones: [7, 50, 51, 180], factor: 0.7 }),
  exponential: schedules.exponential({ factor: 0.97 }),
  'exponential growth': schedules.exponential({ factor: 1.05 }),
  polynomial: schedules.polynomial({ steps: 120 }),
  'polynomial, power 0.9': schedules.polynomial({ steps: 120, power: 0.9 }),
  'polynomial, power 2.5': schedules.polynomial({ steps: 120, power: 2.5 }),
  cosine: schedules.cosine({ steps: 100 }),
  'cosine, minimum': schedules.cosine({ steps: 77, minimum }),
  'cosine, periodic': schedules.cosine({ steps: 50, minimum, periodic: true }),
  restarts: schedules.cosineRestarts({ steps: 30 }),
  'restarts, longer each': schedules.cosineRestarts({ steps: 10, multiplier: 2, minimum }),
  'warm-up, cosine': schedules.warmUp({
    steps: 20,
    start: 0.1,
    schedule: schedules.cosine({ steps: 100 }),
  }),
  sequence: schedules.sequence({
    schedules: [
      schedules.constant({ factor: 0.5, steps: 10 }),
      schedules.exponential({ factor: 0.9 }),
      schedules.step({ steps: 15, factor: 0.5 }),
    ],
    milestones: [25, 60],
  }),
  product: schedules.product({
    schedules: [
      schedules.constant({ factor: 0.1, steps: 20 }),
      schedules.exponential({ factor: 0.95 }),
    ],
  }),
  'one-cycle': schedules.oneCycle({ steps: 200 }),
  'one-cycle, linear': schedules.oneCycle({ steps: 150, annealing: 'linear', rise: 0.25 }),
  'one-cycle, three phases': schedules.oneCycle({
    steps: 180,
    threePhase: true,
    rise: 0.4,
    divisor: 10,
    finalDivisor: 100,
  }),
  function: (step) => 1 / (1 + 0.25 * step),
  plateau: schedules.reduceOnPlateau({ patience: 5, epsilon: 0 }),
  'plateau, maximum': schedules.reduceOnPlateau({
    mode: 'max',
    factor: 0.5,
    patience: 3,
    epsilon: 0,
  }),
  'plateau, relative threshold': schedules.reduceOnPlateau({
    threshold: 0.05,
    factor: 0.5,
    patience: 4,
    epsilon: 0,
  }),
  'plateau, absolute threshold': schedules.reduceOnPlateau({
    threshold: 0.04,
    thresholdMode: 'absolute',
    factor: 0.8,
    patience: 2,
    epsilon: 0,
  }),
  'plateau, maximum, absolute threshold': schedules.reduceOnPlateau({
    mode: 'max',
    threshold: 0.002,
    thresholdMode: 'absolute',
    factor: 0.7,
    patience: 6,
    epsilon: 0,
  }),
  'plateau, cooldown': schedules.reduceOnPlateau({
    factor: 0.6,
    patience: 0,
    cooldown: 9,
    epsilon: 0,
  }),
  'plateau, no patience': schedules.reduceOnPlateau({ factor: 0.9, patience: 0, epsilon: 0 }),
  'plateau, minimum': schedules.reduceOnPlateau({ factor: 0.3, patience: 2, minimum, epsilon: 0 }),
  'plateau, epsilon': schedules.reduceOnPlateau({ patience: 3, epsilon: 0.005 }),
};
