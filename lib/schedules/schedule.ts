import { failure, show } from '../errors.js';
import { type Hyperparameter, list } from '../hyperparameters.js';

/**
 * What the rates of all groups are multiplied by once `step` optimizer steps have been made: a pure function. Schedules of
 * the caller's own are any such functions, as PyTorch's LambdaLR takes them.
 */
export type Schedule = (step: number) => number;

/** A schedule that throws RangeError ERR_INVALID_OPTION where what it is given is no number of steps. */
export function defineSchedule(schedule: Schedule): Schedule {
  return (step) => {
    if (Number.isSafeInteger(step) && step >= 0) return schedule(step);
    throw failure(
      RangeError,
      'ERR_INVALID_OPTION',
      'step to be an integer of at least 0',
      show(step),
    );
  };
}

/** A schedule as an option of another one. */
export function scheduleOption(preset?: Schedule): Hyperparameter<Schedule> {
  const expected = 'a schedule, which is a function of the step';
  return { default: preset as Schedule, expected, type: 'function', accepts: () => true };
}

/** Some schedules as an option of another one. */
export const scheduleList = list<Schedule>(
  'a list of schedules, which are functions of the step',
  (item) => typeof item === 'function',
  undefined,
  (all) => all.length > 0,
);
