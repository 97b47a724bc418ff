import { advanceDistance } from './distance.js';
import { failure } from './errors.js';
import { LARGEST_SCALE, type Values } from './hyperparameters.js';
import { normOfAll } from './norms.js';
import { wholeStepFault, wholeStepOption } from './open-step.js';
import { type OptimizerWideOptions, refusesNonFinite } from './optimizer-wide-options.js';
import type { Parameter } from './params.js';
import { capOf, type SampleSums, takeSizes } from './relative-cap.js';
import { readReports, type TensorReport } from './report.js';
import type { Rows } from './rows.js';
import type { AnyRule } from './rule.js';
import type { GroupRange } from './saved-state.js';
import type { Counters, State } from './state.js';
import { createStepMemory, Phase, Request, type StepMemory } from './step-memory.js';
import type { TransformationOptions } from './transformation.js';

/** What a step did, and what it measured on the way. That of `step` is the same object every time, with the same memory. */
export interface StepResult {
  /** Whether parameters were updated: not by gradients that were only accumulated, and not by those that were skipped. */
  readonly updated: boolean;
  /**
   * The norm of all gradients, sqrt(sum of g * g), before they were clipped by norms: of their mean over the calls, clipped by
   * value; or, where the call only added to the sum, of the sum so far. NaN if a number is not finite, and infinite if a
   * square of float64 is. Undefined if it was not measured: updates need it for `clipNorm` and `clipGlobalNorm`, and every
   * call for `onNonFinite` (other than `'propagate'`), `dynamicLossScale` and `measureNorms`.
   */
  readonly gradientNorm: number | undefined;
  /** The norms of the gradient of each tensor, in the order of the parameters; 0 where it was null. */
  readonly gradientNorms: Float64Array | undefined;
  /**
   * What it did to each tensor that it updated, in the order of the parameters. Undefined if nobody asked for it, and if
   * nothing was updated.
   */
  readonly report: readonly TensorReport[] | undefined;
}

type Options = Values<OptimizerWideOptions & TransformationOptions>;

/** What a step does beside the rules of its tensors, and for all of them together. */
export class StepControl {
  readonly memory: StepMemory;
  readonly #rule: AnyRule;
  /** What the loss scale is to be from now on, if the last step changes it. */
  lossScale: number | undefined;
  /** What the request was made of. */
  #groups: readonly GroupRange[] | undefined;
  #options: Options = {} as Options;
  #wholeStepOption: ReturnType<typeof wholeStepOption>;
  /** Whether every call measures norms, and whether those do that make updates. */
  #measuresAll = false;
  #measuresUpdates = false;
  /** Whether updates look at samples. */
  #looksAtSamples = false;
  /** Those of the tensors, where the engine writes them. */
  readonly #norms: Float64Array;
  /** Those that callers get to see: they could transfer the memory away. */
  #shownNorms: Float64Array;
  readonly #result: { -readonly [K in keyof StepResult]: StepResult[K] } = {
    updated: true,
    gradientNorm: undefined,
    gradientNorms: undefined,
    report: undefined,
  };

  constructor(rule: AnyRule, parameters: readonly Parameter[]) {
    this.#rule = rule;
    this.memory = createStepMemory(parameters);
    this.#norms = this.memory.norms.subarray(1);
    this.#shownNorms = this.#norms.slice();
  }

  /** Writes what the next step is to do. Returns how many calls it has the gradients of. */
  request(groups: readonly GroupRange[], { accumulatedCalls }: Counters, reports: boolean): number {
    if (groups !== this.#groups) this.#read(groups);
    const calls = accumulatedCalls + 1;
    const accumulates = calls < this.#options.accumulationSteps;
    const measures = accumulates ? this.#measuresAll : this.#measuresUpdates;
    const { request } = this.memory;
    request[Request.ACCUMULATES] = accumulates ? 1 : 0;
    request[Request.MEASURES] = measures ? 1 : 0;
    request[Request.REPORTS] = reports ? 1 : 0;
    request[Request.PHASE] = Phase.WHOLE;
    request[Request.SAMPLES] = this.#looksAtSamples && !accumulates ? 1 : 0;
    if (reports) this.memory.reports.fill(0); // engines pass over tensors without numbers
    return calls;
  }

  #read(groups: readonly GroupRange[]) {
    const h = (groups[0] as GroupRange).values as Options;
    const clips = groups.some(({ values }) => (values as Options).clipNorm < h.clipGlobalNorm);
    const refuses = refusesNonFinite(h);
    const { request } = this.memory;
    request[Request.REFUSES] = refuses ? 1 : 0;
    request[Request.CLIP_GLOBAL_NORM] = h.clipGlobalNorm;
    request[Request.ZEROES] = h.zeroGradients ? 1 : 0;
    request[Request.ZEROES_REFUSED] = h.zeroGradients && h.onNonFinite !== 'throw' ? 1 : 0;
    const { estimatesDistance = false } = this.#rule;
    this.#looksAtSamples =
      estimatesDistance || groups.some(({ values }) => capOf(values) !== undefined);
    this.#measuresAll = refuses || h.measureNorms;
    this.#measuresUpdates = this.#measuresAll || clips || Number.isFinite(h.clipGlobalNorm);
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

  /** Whether updates with these options look at samples of all tensors. */
  get looksAtSamples(): boolean {
    return this.#looksAtSamples;
  }

  /** Whether the step that was asked for writes gradients. */
  get zeroes(): boolean {
    return this.memory.request[Request.ZEROES] === 1;
  }

  /**
   * Counts a step that the engine has made, or refused to make because of its gradients. Returns the same object every time.
   *
   * @param now the options as they are now: the step may have been asked for with others
   * @param rows what the step was made with
   * @param sampled where the sums of samples are, if not in the memory of this step alone
   * @throws RangeError ERR_GRADIENT_NOT_FINITE
   */
  conclude(
    gradients: readonly unknown[],
    state: State,
    now: Values<OptimizerWideOptions>,
    { rateOf, rates }: Rows,
    sampled: SampleSums = this.memory,
  ): StepResult {
    const { parameters, counters } = state;
    const h = this.#options;
    const { request, norms } = this.memory;
    const distances = this.#rule.estimatesDistance && this.memory.distances;
    const measured = request[Request.MEASURES] === 1;
    const refused = request[Request.REFUSES] === 1 && Number.isNaN(norms[0]);
    const result = this.#result;
    result.updated = !refused && request[Request.ACCUMULATES] === 0;
    result.gradientNorm = measured ? (norms[0] as number) : undefined;
    result.gradientNorms = measured ? this.#copyNorms() : undefined;
    result.report =
      result.updated && request[Request.REPORTS] === 1
        ? this.#readReports(gradients, parameters)
        : undefined;
    this.lossScale = undefined;
    if (refused) {
      if (h.onNonFinite === 'throw') throw this.#notFinite(parameters);
      if (h.dynamicLossScale) {
        counters.goodSteps = 0;
        const halved = Math.max(h.lossScale / 2, Math.min(h.lossScale, 1));
        this.lossScale = Math.min(halved, now.lossScale);
      }
    } else if (result.updated) {
      counters.accumulatedCalls = 0;
      counters.updates++;
      for (let i = 0; i < parameters.length; i++) {
        if (gradients[i] === null) continue;
        state.advance(i);
        if (this.#looksAtSamples) takeSizes(sampled, i, rateOf, state.sizes, distances);
      }
      if (distances) advanceDistance(state, rates);
      if (h.dynamicLossScale && ++counters.goodSteps >= h.lossScaleGrowthInterval) {
        counters.goodSteps = 0;
        if (now.lossScale === h.lossScale) {
          this.lossScale = Math.min(h.lossScale * 2, LARGEST_SCALE);
        }
      }
    } else {
      counters.accumulatedCalls++;
    }
    return result;
  }

  #copyNorms(): Float64Array {
    if (this.#shownNorms.length !== this.#norms.length) this.#shownNorms = this.#norms.slice();
    else this.#shownNorms.set(this.#norms);
    return this.#shownNorms;
  }

  #readReports(gradients: readonly unknown[], parameters: readonly Parameter[]) {
    const groups = this.#groups as readonly GroupRange[];
    return readReports(this.memory.reports, parameters, groups, (i) => gradients[i] !== null);
  }

  #notFinite(parameters: readonly Parameter[]): Error {
    const { path } = parameters[this.#norms.findIndex(Number.isNaN)] as Parameter;
    const expected = `grads${path} to hold finite numbers`;
    return failure(RangeError, 'ERR_GRADIENT_NOT_FINITE', expected, 'one that is infinite or NaN');
  }
}

/** A copy of what the last step did, which the next one leaves alone. */
export function copyResult(result: StepResult): StepResult {
  const { gradientNorms, report, ...rest } = result;
  const copies = report?.map((tensor) => ({ ...tensor }));
  return { ...rest, gradientNorms: gradientNorms?.slice(), report: copies };
}
