import type { Engine, Plan } from './engine.js';
import type { Parameter } from './params.js';
import type { Rows } from './rows.js';
import type { AnyRule } from './rule.js';
import { currentEngine } from './runtime.js';
import type { State } from './state.js';
import type { StepMemory } from './step-memory.js';

/**
 * The plan of an optimizer's steps, made anew when the engine or the table of rows is another. It points into memory of these
 * parameters and into the state, which the optimizer keeps until it drops the plan.
 */
export class CurrentPlan {
  readonly #rule: AnyRule;
  readonly #parameters: readonly Parameter[];
  readonly #rows: Rows;
  readonly #step: StepMemory;
  #plan: Plan | undefined;
  #engine: Engine | undefined;
  /** The rows that the plan points to. */
  #table: Float64Array | undefined;

  constructor(rule: AnyRule, parameters: readonly Parameter[], rows: Rows, step: StepMemory) {
    this.#rule = rule;
    this.#parameters = parameters;
    this.#rows = rows;
    this.#step = step;
  }

  /**
   * That of the next step. Undefined if parameters have lost their memory or share it, be it in ways that only native code
   * sees.
   */
  for(state: State): Plan | undefined {
    const engine = currentEngine();
    const { table } = this.#rows;
    if (this.#plan && this.#engine === engine && this.#table === table) return this.#plan;
    const plan = engine.createPlan({
      rule: this.#rule,
      parameters: this.#parameters,
      slots: state.slots,
      arena: state.arena,
      rows: table,
      rowOf: this.#rows.rowOf,
      step: this.#step,
    });
    if (!plan) return undefined;
    this.#plan = plan;
    this.#engine = engine;
    this.#table = table;
    return plan;
  }

  /** To be called when the state is another one. */
  drop() {
    this.#plan = undefined;
  }
}
