import type { Plan, PlanRequest } from './engine.js';
import type { SampleSums } from './relative-cap.js';
import type { StepResult } from './step-control.js';

/** A step that is made piece by piece, by whoever decides which pieces and when: a turn of the optimizer's memory. */
export interface Pieces {
  readonly plan: Plan;
  readonly request: Pick<PlanRequest, 'rule' | 'rows' | 'rowOf' | 'step'>;
  /**
   * Counts the step when it is made, or refused: what its norms say. As `step` does.
   *
   * @param sampled the sums of samples, if those of these pieces are not all
   */
  conclude(sampled?: SampleSums): StepResult;
}
