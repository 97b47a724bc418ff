import type { Parameter } from './params.js';
import type { AnyRule } from './rule.js';
import type { RowNumbers } from './sparse-rows.js';
import type { Slot } from './state.js';
import type { StepMemory } from './step-memory.js';

/** The memory of one optimizer, and what its rule is. */
export interface PlanRequest {
  readonly rule: AnyRule;
  readonly parameters: readonly Parameter[];
  /** For each tensor its states in the arena, those of the rule and those that belong to none; undefined where it has none. */
  readonly slots: readonly (readonly (Slot | undefined)[])[];
  readonly arena: ArrayBuffer;
  readonly rows: Float64Array;
  /** For each tensor its row in `rows`, or -1 if the step skips the tensor. */
  readonly rowOf: Int32Array;
  readonly step: StepMemory;
}

/** The step over all tensors of one optimizer. */
export interface Plan {
  /**
   * Makes the step that the rows and the request ask for with these gradients, in the order of the parameters. Writes nothing
   * and returns false if any memory is not what the plan was made for.
   */
  step(gradients: readonly unknown[]): boolean;
  /**
   * Makes the part of that step that is one tensor's, with this gradient of it, or of its elements from the one number, which
   * is a multiple of the chunk of norms, to the other. If norms are measured, that of all gradients is then the tensor's own.
   * Writes nothing and returns false as `step`, but looks at this tensor alone.
   */
  stepTensor(i: number, gradient: unknown, from: number, to: number): boolean;
  /** The same for some rows of a tensor. Their rule is one that can do that. */
  stepRows(i: number, rows: RowNumbers, gradients: unknown): boolean;
  /** How to do so while JavaScript goes on; undefined where the engine computes in JavaScript's own thread. */
  readonly inBackground?: BackgroundStep;
}

/** A step in threads of the engine's own. Its memory is held bit by bit, so that the event loop is never held for long. */
export interface BackgroundStep {
  /** Takes the memory of the tensors from the one number to the other. False as that of `step`. */
  hold(gradients: readonly unknown[], from: number, to: number): boolean;
  /** Gives up what is held, instead of starting. */
  letGo(): void;
  /** Starts; calls `done` when the step is over. False if the system has no thread for it: what is held is given up. */
  start(done: () => void): boolean;
  /** True if the step had not begun, and will not. */
  cancel(): boolean;
}

/** Something that can do the arithmetic. */
export interface Engine {
  /** A plan; undefined if parameters have lost their memory or share it. Whoever has the plan keeps the request alive. */
  createPlan(request: PlanRequest): Plan | undefined;
}
