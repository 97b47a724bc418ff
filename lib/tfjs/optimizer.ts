import {
  clone,
  dispose,
  engine,
  keep,
  Optimizer,
  type serialization,
  type Tensor,
  tensor,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import { failure } from '../errors.js';
import { requireInsides } from '../insides.js';
import { gradientsByName, type VariableGradients } from './gradients.js';
import { currentMemory } from './memory/choose.js';
import type { BackendMemory } from './memory/memory.js';
import { readWeights } from './read-weights.js';
import { type KernelClass, type Numbers, Variables } from './variables.js';
import { type NamedTensor, type WeightNames, writeWeights } from './weights.js';

/**
 * A tf.Optimizer whose step this package's kernel makes, in the memory of the variables where the backend has it in reach.
 * Its options are properties, which hold from the next step on.
 */
export abstract class VariableOptimizer extends Optimizer {
  readonly #variables: Variables;
  readonly #weightNames: WeightNames;
  /** What getWeights gave out last. */
  #weights: Tensor[] = [];
  /** What variables were, while averages are in their place. */
  #swapped: { readonly variable: Variable; readonly kept: Tensor }[] | undefined;

  /** @param weightNames what tf.train calls the states of the rule */
  protected constructor(Class: unknown, options: object, weightNames: WeightNames = {}) {
    super();
    this.#variables = new Variables(Class as KernelClass, options);
    this.#weightNames = weightNames;
    for (const name of this.#hyperparameters) {
      Object.defineProperty(this, name, {
        enumerable: true,
        get: () => this.#values[name],
        set: (value: unknown) => {
          (this.#variables.kernel as unknown as Record<string, unknown>)[name] = value;
        },
      });
    }
  }

  get #rule() {
    return requireInsides(this.#variables.kernel, 'optimizer').rule;
  }

  get #hyperparameters(): readonly string[] {
    return Object.keys(this.#rule.hyperparameters);
  }

  get #values() {
    return this.#variables.kernel as unknown as Readonly<Record<string, unknown>>;
  }

  /**
   * Updates variables, once. Their numbers change in place, on the backends cpu and wasm without a copy; clones of them keep
   * what they had.
   *
   * @param variableGradients gradients by the names of their variables, or a list of `{ name, tensor }`; variables without a
   * gradient, null or undefined, stay as they are
   * @throws TypeError ERR_GRADIENT_NAMES, ERR_TENSOR_TYPE; RangeError ERR_TENSOR_LENGTH, ERR_TENSOR_DETACHED,
   * ERR_STATE_MISMATCH, ERR_OPTIMIZER_BUSY; what `step` throws; no variable has changed
   */
  applyGradients(variableGradients: VariableGradients): void {
    this.#requireIdle('applyGradients()');
    const gradients = gradientsByName(variableGradients);
    const variables = this.#registered(gradients.keys());
    if (variables.size > 0) this.#step(variables, gradients);
    this.incrementIterations();
  }

  /** The variables that were seen so far, and others, but for those that were disposed of. */
  #registered(others: Iterable<string>): Map<string, Variable> {
    const variables = new Map<string, Variable>();
    for (const name of new Set([...this.#variables.names, ...others])) {
      const variable = engine().registeredVariables[name];
      if (variable) variables.set(name, variable);
    }
    return variables;
  }

  /** Goes on with these variables. Returns where their numbers lie. */
  #use(variables: ReadonlyMap<string, Variable>, memory: BackendMemory): Numbers {
    for (const variable of variables.values()) memory.own(variable);
    const numbers = numbersOf(variables, memory);
    this.#variables.use(numbers);
    return numbers;
  }

  #step(variables: ReadonlyMap<string, Variable>, gradients: ReadonlyMap<string, Tensor>) {
    const memory = currentMemory();
    this.#use(variables, memory);
    const taken = new Set([...variables.values()].map(({ dataId }) => dataId));
    const grads: { [name: string]: Float32Array | null } = {};
    for (const name of variables.keys()) {
      const gradient = gradients.get(name);
      const numbers = gradient ? memory.gradient(gradient) : null;
      grads[name] = gradient && taken.has(gradient.dataId) ? (numbers?.slice() ?? null) : numbers;
    }
    this.#variables.kernel.step(grads);
    for (const [name, variable] of variables) if (gradients.has(name)) memory.written(variable);
  }

  /**
   * Puts averages in the place of the variables, to evaluate a model or to save it without its optimizer: those that
   * `averageDecay` keeps, or else those that a Schedule-Free rule makes its parameters of. Until {@link swapOutAverages} steps,
   * and whatever saves or loads state, fail with ERR_OPTIMIZER_BUSY. TensorFlow.js has nothing like it.
   *
   * @param varList variables whose state was loaded and that had no gradient since: an optimizer does not know them yet
   * @throws RangeError ERR_NO_AVERAGES, ERR_OPTIMIZER_BUSY, ERR_OUT_OF_MEMORY, ERR_STATE_MISMATCH where state was loaded, and no
   * variable has any of it; no variable has changed
   */
  swapInAverages(varList: readonly Variable[] = []): void {
    this.#requireIdle('swapInAverages()');
    const variables = this.#registered(varList.map(({ name }) => name));
    const numbers = this.#use(variables, currentMemory());
    this.#variables.kernel.swapInAverages();
    const averages = new Map(Object.entries(numbers).map(([name, own]) => [name, own.slice()]));
    // From here on the averages are tensors like any others: the memory of a backend moves while models are evaluated.
    this.#variables.kernel.swapOutAverages();
    this.#swapped = [...variables].map(([name, variable]) => {
      const kept = keep(clone(variable));
      const average = averages.get(name) as Float32Array;
      tidy(() => variable.assign(tensor(average, variable.shape)));
      return { variable, kept };
    });
  }

  /**
   * Puts the variables back, bit for bit, but for those that were disposed of; what was assigned to them meanwhile is lost.
   *
   * @throws RangeError ERR_NO_AVERAGES if none are swapped in
   */
  swapOutAverages(): void {
    if (!this.#swapped) this.#variables.kernel.swapOutAverages(); // which throws: it has none swapped in
    for (const { variable, kept } of this.#swapped ?? []) {
      if (!variable.isDisposed) variable.assign(kept);
    }
    this.#forgetSwapped();
  }

  #forgetSwapped() {
    for (const { kept } of this.#swapped ?? []) kept.dispose();
    this.#swapped = undefined;
  }

  #requireIdle(call: string) {
    if (!this.#swapped) return;
    const expected = `${call} after swapOutAverages()`;
    throw failure(RangeError, 'ERR_OPTIMIZER_BUSY', expected, 'a call before it');
  }

  /** Sets the learning rate, as the property does. */
  setLearningRate(learningRate: number): void {
    (this as unknown as { learningRate: number }).learningRate = learningRate;
  }

  /**
   * The iterations and all states, named as tf.train names them where it has them. The tensors belong to the optimizer: it
   * disposes of them in the next call, and in `dispose`.
   *
   * @returns a promise that rejects with RangeError ERR_OPTIMIZER_BUSY while averages are swapped in
   */
  override async getWeights(): Promise<NamedTensor[]> {
    this.#requireIdle('getWeights()');
    dispose(this.#weights);
    const { variables, counters } = this.#variables.save();
    const saved = { iterations: this.iterations, variables, counters };
    const shapeOf = (name: string) => engine().registeredVariables[name]?.shape;
    const weights = writeWeights(saved, this.#weightNames, shapeOf);
    this.#weights = weights.map(({ tensor }) => tensor);
    return weights;
  }

  /**
   * Goes on from states that `getWeights` gave, of this class or of its like in tf.train. They are copied, and find their
   * variables by name, at the first step that has a gradient of the variable; a number that tfjs-layers has appended to a
   * name may differ.
   *
   * @returns a promise that rejects with TypeError, RangeError ERR_STATE_MISMATCH if these are not states of such an optimizer,
   * ERR_OPTIMIZER_BUSY while averages are swapped in; nothing has changed then
   */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    this.#requireIdle('setWeights()');
    const saved = await readWeights(weights, this.#weightNames, this.#rule);
    this.#variables.load(saved.variables, saved.counters);
    this.iterations_ = saved.iterations;
  }

  /** All options that are finite: an infinite one is one that is off. */
  getConfig(): serialization.ConfigDict {
    const values = this.#hyperparameters.map((name) => [name, this.#values[name]] as const);
    const isKept = (value: unknown) => typeof value !== 'number' || Number.isFinite(value);
    return Object.fromEntries(values.filter(([, value]) => isKept(value))) as ReturnType<
      VariableOptimizer['getConfig']
    >;
  }

  /** Forgets all state, and disposes of what getWeights gave. Variables stay as they are: averages that are swapped in, too. */
  override dispose(): void {
    this.#forgetSwapped();
    dispose(this.#weights);
    this.#weights = [];
    this.#variables.load(new Map(), { accumulatedCalls: 0, goodSteps: 0, updates: 0 });
  }

  /** An optimizer with the options that `getConfig` gave. */
  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    const { customObjects, ...options } = config; // tfjs-layers adds the one when it loads a model
    return new cls(options);
  }
}

function numbersOf(variables: ReadonlyMap<string, Variable>, memory: BackendMemory): Numbers {
  const numbers: { [name: string]: Float32Array } = {};
  for (const [name, variable] of variables) numbers[name] = memory.parameter(variable);
  return numbers;
}
