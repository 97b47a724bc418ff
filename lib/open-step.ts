import { failure, show } from './errors.js';
import type { Values } from './hyperparameters.js';
import {
  type OptimizerWideOptions,
  optimizerWideHyperparameters,
} from './optimizer-wide-options.js';
import type { Parameter, ParsedParams } from './params.js';
import { TensorNames } from './tensor-names.js';

/** A step that is made tensor by tensor: who has had a turn, and who not yet. */
export class OpenStep {
  /** Whether a tensor has had its turn in a step that is not closed. */
  isOpen = false;
  /** Null for a tensor that is left alone, undefined for one that nothing is known of yet. */
  readonly parts: (true | null | undefined)[];
  /** Whether a tensor has had its turn. */
  readonly #taken: boolean[];
  readonly #names: TensorNames;
  readonly #parameters: readonly Parameter[];

  constructor(params: ParsedParams, parameters: readonly Parameter[]) {
    this.#names = new TensorNames(params);
    this.#parameters = parameters;
    this.parts = new Array(parameters.length).fill(undefined);
    this.#taken = new Array(parameters.length).fill(false);
  }

  /**
   * The number of the tensor that has this name, if it has not had its turn.
   *
   * @throws RangeError ERR_TENSOR_NAME, ERR_TENSOR_TWICE
   */
  find(name: unknown): number {
    const i = this.#names.find(name);
    if (!this.#taken[i]) return i;
    const { path } = this.#parameters[i] as Parameter;
    const expected = `params${path} to get one gradient in a step`;
    throw failure(RangeError, 'ERR_TENSOR_TWICE', expected, 'a second one before endStep()');
  }

  /** A tensor has had its turn: with a gradient, or as one that is left alone. */
  take(i: number, updated: boolean) {
    this.isOpen = true;
    this.#taken[i] = true;
    this.parts[i] = updated ? true : null;
  }

  /**
   * What had no turn is left alone.
   *
   * @throws RangeError ERR_NO_OPEN_STEP
   */
  close() {
    if (!this.isOpen) {
      const expected = 'stepTensor() before endStep()';
      throw failure(RangeError, 'ERR_NO_OPEN_STEP', expected, 'no such call');
    }
    const { parts } = this;
    for (let i = 0; i < parts.length; i++) parts[i] ??= null;
  }

  /** The next step can begin. */
  clear() {
    this.parts.fill(undefined);
    this.#taken.fill(false);
    this.isOpen = false;
  }
}

/** The option that looks at all gradients before any is used, if there is one: no step can be made tensor by tensor then. */
export function wholeStepOption(h: Values<OptimizerWideOptions>) {
  if (h.clipGlobalNorm !== Number.POSITIVE_INFINITY) return 'clipGlobalNorm';
  if (h.onNonFinite !== 'propagate') return 'onNonFinite';
  return h.dynamicLossScale ? 'dynamicLossScale' : undefined;
}

/** That there is one, as the error to throw. */
export function wholeStepFault(
  name: NonNullable<ReturnType<typeof wholeStepOption>>,
  h: Values<OptimizerWideOptions>,
): Error {
  const { default: free } = optimizerWideHyperparameters[name];
  const expected = `${name} to be ${show(free)} where gradients come one by one`;
  return failure(RangeError, 'ERR_NEEDS_WHOLE_STEP', expected, show(h[name]));
}
