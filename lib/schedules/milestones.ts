import type { Hyperparameter } from '../hyperparameters.js';

/** The steps at which something changes. */
export type Milestones = readonly number[];

export const milestonesOption: Hyperparameter<Milestones> = {
  default: undefined as never,
  expected: 'a list of integers of at least 1, each above the one before it',
  type: 'object',
  accepts: (list) =>
    Array.isArray(list) &&
    list.every((item, i) => Number.isSafeInteger(item) && item > (i === 0 ? 0 : list[i - 1])),
};

/** How many milestones have been reached. */
export function stageAt(milestones: Milestones, step: number): number {
  const stage = milestones.findIndex((milestone) => step < milestone);
  return stage < 0 ? milestones.length : stage;
}
