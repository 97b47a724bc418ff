import type { Parameter } from './params.js';
import type { AnyRule } from './rule.js';
import type { Slot } from './state.js';

/** The memory of one optimizer, and what its rule is. */
export interface PlanRequest {
  readonly rule: AnyRule;
  readonly parameters: readonly Parameter[];
  /** For each tensor its states in the arena, those of the rule and the copy of the parameters; undefined where it has none. */
  readonly slots: readonly (readonly (Slot | undefined)[])[];
  readonly arena: ArrayBuffer;
  readonly rows: Float64Array;
  /** For each tensor its row in `rows`, or -1 if the step skips the tensor. */
  readonly rowOf: Int32Array;
}

/**
 * Updates all tensors with these gradients, in the order of the parameters. Writes nothing and returns false if any memory
 * is not what the plan was made for.
 */
export type Plan = (gradients: readonly unknown[]) => boolean;

/** Something that can do the arithmetic. */
export interface Engine {
  /** A plan; undefined if parameters have lost their memory or share it. Whoever has the plan keeps the request alive. */
  createPlan(request: PlanRequest): Plan | undefined;
}
