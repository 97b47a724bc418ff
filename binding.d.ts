/**
 * The functions of the native module. Only lib/native.ts calls them, and it alone vouches for the arguments: the module
 * checks the memory of tensors, and nothing else.
 */

/** An instruction set, by the name of its file in native/isa/. */
export type IsaName = 'avx512' | 'avx2' | 'neon' | 'scalar';

/** The scalars and switches of one stage of the sweep, in the order in which a row holds them. */
export interface StageDescription {
  scalars: string[];
  switches: string[];
}

export interface RuleDescription extends StageDescription {
  name: string;
  state: string[];
  /** Whether each state can be negative. */
  signed: boolean[];
}

export interface Description {
  /** That of the package whose sources the module was built from. */
  version: string;
  /** The first stage: what happens to gradients before everything else. */
  transformation: StageDescription;
  /** The stage that comes before every rule. */
  gradient: StageDescription;
  /** The stage that comes after every rule. */
  parameter: StageDescription;
  /** The rules; a rule's place in this list is its number. */
  rules: RuleDescription[];
  /** The states that belong to no rule, in the order of a layout. */
  commonStates: string[];
  /** How many state streams a tensor has room for. */
  maxStates: number;
  /** The instruction sets that are compiled in and that this processor runs, the fastest first. */
  isas: IsaName[];
  /** The one in use, in all threads of the process. */
  isa: IsaName;
  /** The largest number of threads that a step uses; 0 until configure() has set it. */
  threads: number;
  /** Whether memory can be kept alive while other threads use it: asynchronous steps need that. */
  asynchronous: boolean;
}

declare const plan: unique symbol;
/** The native side of one optimizer. Whoever has it keeps parameters, arena, rows and rowOf alive. */
export interface Plan {
  [plan]: never;
}

export interface Binding {
  describe(): Description;

  /** Sets, for the process, the instruction set, one of `describe().isas`, and the largest number of threads, at least 1. */
  configure(isa: string, threads: number): void;

  /** How many bytes past a page, 4096 bytes, the memory of a typed array starts. */
  offsetInPage(array: ArrayBufferView): number;

  /**
   * A plan for these parameters; null if they are not of the types and lengths in the layout, or share memory.
   *
   * The plan keeps their addresses. The memory of a typed array moves only when its buffer is detached, and then its length
   * is 0: the caller looks at the lengths before every step.
   *
   * @param rule number of the rule
   * @param layout for each tensor: data type, whether Uint16Arrays may hold it (1 or 0), type of its states, length, number of
   * its first block of 256, of how many numbers one run is in the sample, byte offsets into the arena of its common states or
   * -1, and `maxStates` byte offsets of the rule's states; types are given by their numbers in DataType of native/isa/isa.h
   * @param arena memory of all states
   * @param rows rows of numbers: switches of the stages transformation, gradient, rule and parameter, key of the random bits,
   * scalars of all four
   * @param rowWidth numbers in a row
   * @param rowOf for each tensor the row that holds at the next step, or -1 if the step skips the tensor
   * @param request what the next step is to do: see Request of native/engine.h
   * @param norms room for the norm of all gradients and for that of each tensor's
   * @param reports room for what a step that reports tells of each tensor: see lib/report.ts
   * @param squares room for the sum of the squares of each tensor's gradient
   * @param sums room for that of each 4096 numbers of each tensor
   * @param samples room for the sums of squares of what is sampled of each of those: of parameters, and of their updates
   * @param multipliers room for what norms make of each tensor's gradient
   */
  createPlan(
    rule: number,
    parameters: readonly unknown[],
    layout: Float64Array,
    arena: ArrayBuffer,
    rows: Float64Array,
    rowWidth: number,
    rowOf: Int32Array,
    request: Float64Array,
    norms: Float64Array,
    reports: Float64Array,
    squares: Float64Array,
    sums: Float64Array,
    samples: Float64Array,
    distances: Float64Array,
    multipliers: Float64Array,
  ): Plan | null;

  /**
   * Makes a step over all tensors of a plan. Writes nothing and returns false if a gradient is not a typed array of its
   * parameter's type and length, or shares memory with a parameter or, if the step writes gradients, with another one. A
   * gradient that the step skips may be anything.
   */
  step(plan: Plan, ...gradients: unknown[]): boolean;

  /**
   * Makes the part of a step that is one tensor's, or of some of its elements: from the one number, a multiple of 4096, to the
   * other. False as `step`, but that gradients of other tensors do not matter. If norms are measured, that of all gradients is
   * the tensor's own.
   */
  stepTensor(plan: Plan, tensor: number, gradient: unknown, from: number, to: number): boolean;

  /**
   * The same for some rows of a tensor, and their gradients, one after the other; gradients of the same row are added up. False
   * also if rows are no Int32Array or Uint32Array, or do not fit the tensor and the gradients, or if the tensor
   * has states of type uint8 and a row is no multiple of 256 numbers.
   */
  stepRows(plan: Plan, tensor: number, rows: unknown, gradients: unknown): boolean;

  /**
   * Keeps the memory of these parameters, from the given tensor on, as long as the plan: even if their buffers are transferred
   * away. False if one is not a typed array of the plan's type and length. Comes before the first asynchronous step.
   */
  holdParameters(plan: Plan, first: number, ...parameters: unknown[]): boolean;

  /**
   * Takes the memory of gradients, from the given tensor on, for the next asynchronous step, and keeps it until that is over.
   * False as `step`.
   */
  holdGradients(plan: Plan, first: number, ...gradients: unknown[]): boolean;

  /** Gives up the gradients of an asynchronous step that was not started. */
  letGo(plan: Plan): void;

  /**
   * Starts an asynchronous step with the gradients that are held; calls `done` when it is over. Until then, nothing else may
   * be done with the plan, its rows and its arena, which `done` must keep alive. False if there is no thread for it.
   */
  start(plan: Plan, done: () => void): boolean;

  /** Takes back a step that was started. True if it had not begun, and will not; `done` is not called then. */
  cancel(plan: Plan): boolean;
}
