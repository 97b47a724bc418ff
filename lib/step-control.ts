import { failure } from './errors.js';
import type { Values } from './hyperparameters.js';
import { normOfAll } from './norms.js';
import { wholeStepFault, wholeStepOption } from './open-step.js';
import type { OptimizerWideOptions } from './optimizer-wide-options.js';
import type { Parameter } from './params.js';
import type { GroupRange } from './saved-state.js';
import type { Counters, State } from './state.js';
import { createStepMemory, Request, type StepMemory } from './step-memory.js';
import type { TransformationOptions } from './transformation.js';

/** What a step did, and what it measured on the way. */
export interface StepResult {
  /** Whether parameters were updated: not by gradients that were only accumulated, and not by those that were skipped. */
  readonly updated: boolean;
  /**
   * The norm of all gradients, sqrt(sum of g * g), as they were before they were clipped by norms: unscaled, summed, clipped by
   * value. NaN if one is not finite. Undefined if it was not measured: `clipNorm`, `clipGlobalNorm`, `onNonFinite`,
   * `dynamicLossScale` and `measureNorms` need it.
   */
  readonly gradientNorm: number | undefined;
  /** The norms of the gradient of each tensor, in the order of the parameters; 0 where it was null. */
  readonly gradientNorms: Float64Array | undefined;
}

type Options = Values<OptimizerWideOptions & TransformationOptions>;

/** The most that a dynamic loss scale grows to: its double would be infinite in float32. */
const LARGEST_SCALE = 2 ** 127;

/** What a step does beside the rules of its tensors, and for all of them together. */
export class StepControl {
  readonly memory: StepMemory;
  /** What the loss scale is to be after the last step, if that changes it. */
  lossScale: number | undefined;
  /** What the request was made of. */
  #groups: readonly GroupRange[] | undefined;
  #options: Options = {} as Options;
  #wholeStepOption: ReturnType<typeof wholeStepOption>;
  readonly #norms: Float64Array;
  readonly #result: { -readonly [K in keyof StepResult]: StepResult[K] } = {
    updated: true,
    gradientNorm: undefined,
    gradientNorms: undefined,
  };

  constructor(tensors: number) {
    this.memory = createStepMemory(tensors);
    this.#norms = this.memory.norms.subarray(1);
  }

  /** Writes what the next step is to do. Returns how many calls it has the gradients of. */
  request(groups: readonly GroupRange[], { accumulatedCalls }: Counters): number {
    if (groups !== this.#groups) this.#read(groups);
    const calls = accumulatedCalls + 1;
    this.memory.request[Request.ACCUMULATES] = calls < this.#options.accumulationSteps ? 1 : 0;
    return calls;
  }

  #read(groups: readonly GroupRange[]) {
    const h = (groups[0] as GroupRange).values as Options;
    const clips = groups.some(({ values }) => (values as Options).clipNorm < h.clipGlobalNorm);
    const refuses = h.onNonFinite !== 'propagate' || h.dynamicLossScale;
    const measures = refuses || h.measureNorms || clips || Number.isFinite(h.clipGlobalNorm);
    const { request } = this.memory;
    request[Request.MEASURES] = measures ? 1 : 0;
    request[Request.REFUSES] = refuses ? 1 : 0;
    request[Request.CLIP_GLOBAL_NORM] = h.clipGlobalNorm;
    request[Request.ZEROES] = h.zeroGradients ? 1 : 0;
    this.#wholeStepOption = wholeStepOption(h);
    this.#groups = groups;
    this.#options = h;
  }

  /**
   * Comes before the parts of a step that is made tensor by tensor: one without a gradient has the norm 0.
   *
   * @throws RangeError ERR_NEEDS_WHOLE_STEP
   */
  beginParts() {
    if (this.#wholeStepOption) throw wholeStepFault(this.#wholeStepOption, this.#options);
    const { request, norms, squares } = this.memory;
    if (request[Request.MEASURES] === 0) return;
    norms.fill(0);
    squares.fill(0);
  }

  /** Comes after them. */
  endParts() {
    const { request, norms, squares } = this.memory;
    if (request[Request.MEASURES] === 1) norms[0] = normOfAll(squares, 0, squares.length);
  }

  /** Whether the step that was asked for writes gradients. */
  get zeroes(): boolean {
    return this.memory.request[Request.ZEROES] === 1;
  }

  /**
   * Counts a step that the engine has made, or refused to make because of its gradients. Returns the same object every time.
   *
   * @throws RangeError ERR_GRADIENT_NOT_FINITE
   */
  conclude(gradients: readonly unknown[], { parameters, steps, counters }: State): StepResult {
    const h = this.#options;
    const { request, norms } = this.memory;
    const measured = request[Request.MEASURES] === 1;
    const refused = request[Request.REFUSES] === 1 && Number.isNaN(norms[0]);
    const result = this.#result;
    result.updated = !refused && request[Request.ACCUMULATES] === 0;
    result.gradientNorm = measured ? (norms[0] as number) : undefined;
    result.gradientNorms = measured ? this.#norms : undefined;
    this.lossScale = undefined;
    if (refused) {
      if (h.onNonFinite === 'throw') throw this.#notFinite(parameters);
      if (h.dynamicLossScale) {
        counters.goodSteps = 0;
        this.lossScale = Math.max(h.lossScale / 2, Math.min(h.lossScale, 1));
      }
    } else if (result.updated) {
      counters.accumulatedCalls = 0;
      for (let i = 0; i < steps.length; i++) {
        if (gradients[i] !== null) steps[i] = (steps[i] as number) + 1;
      }
      if (h.dynamicLossScale && ++counters.goodSteps >= h.lossScaleGrowthInterval) {
        counters.goodSteps = 0;
        this.lossScale = Math.min(h.lossScale * 2, Math.max(h.lossScale, LARGEST_SCALE));
      }
    } else {
      counters.accumulatedCalls++;
    }
    return result;
  }

  #notFinite(parameters: readonly Parameter[]): Error {
    const { path } = parameters[this.#norms.findIndex(Number.isNaN)] as Parameter;
    const expected = `grads${path} to hold finite numbers`;
    return failure(RangeError, 'ERR_GRADIENT_NOT_FINITE', expected, 'one that is infinite or NaN');
  }
}

/** A copy of what the last step did, which the next one leaves alone. */
export function copyResult(result: StepResult): StepResult {
  const { gradientNorms, ...rest } = result;
  return { ...rest, gradientNorms: gradientNorms?.slice() };
}
