import { list } from '../hyperparameters.js';

/** The steps at which something changes. */
export type Milestones = readonly number[];

export const milestonesOption = list<number>(
  'a list of integers of at least 1, each above the one before it',
  (item, i, all) => Number.isSafeInteger(item) && item > (all[i - 1] ?? 0),
);

/** How many milestones have been reached. */
export function stageAt(milestones: Milestones, step: number): number {
  const stage = milestones.findIndex((milestone) => step < milestone);
  return stage < 0 ? milestones.length : stage;
}
