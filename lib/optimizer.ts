import { setImmediate } from 'node:timers/promises';
import { type InspectOptions, inspect } from 'node:util';
import { type AsyncStepOptions, readStepOptions } from './async-options.js';
import { hasAverages, startAverage, swapInAverages } from './averages.js';
import { fitsOneSlice, stepInBackground } from './background.js';
import { memoryFault, overlap, partFault } from './check.js';
import { loadState } from './checkpoint/load.js';
import { saveState } from './checkpoint/save.js';
import { CurrentPlan } from './current-plan.js';
import { DenseGradients, isDense, type RowsOptions } from './dense-rows.js';
import type { Plan } from './engine.js';
import { failure } from './errors.js';
import { extendState, needTheSame } from './extend-state.js';
import { readGroupOptions } from './group-options.js';
import { defineHyperparameters, groupsWith } from './hyperparameter-properties.js';
import {
  optimizerWideNames,
  readOptions,
  type Specification,
  type Values,
  valuesWith,
} from './hyperparameters.js';
import { shareInsides } from './insides.js';
import { describe } from './inspect.js';
import { Loads } from './loads.js';
import { OpenStep } from './open-step.js';
import type { OptimizerWideOptions } from './optimizer-wide-options.js';
import {
  type AnyGroups,
  addGroup,
  collectGradients,
  type Gradients,
  type Parameter,
  type ParsedParams,
  parseParams,
  type StrictGroup,
  type TensorName,
} from './params.js';
import type { Pieces } from './pieces.js';
import { rowsWithCap, type SampleSums } from './relative-cap.js';
import { Rows } from './rows.js';
import type { AnyRule } from './rule.js';
import type { TransferOptions } from './safetensors/transfer.js';
import { warnUnlessScheduled } from './schedules/scheduled.js';
import { checkSelections } from './selection.js';
import { type RowNumbers, rowsFault } from './sparse-rows.js';
import type { State } from './state.js';
import { readStateDict, type StateDict, writeStateDict } from './state-dict.js';
import { copyResult, StepControl, type StepResult } from './step-control.js';
import { StepGroup, skipFrozen } from './step-group.js';
import { type ListenerOptions, type StepListener, StepListeners } from './step-listeners.js';
import { checkStorage } from './storage.js';
import { isDetached, memoryOf, type Tensor } from './tensor.js';
import { Turns } from './turns.js';

/**
 * The tensors and the hyperparameters of one group. Setting a hyperparameter holds from the next step on; `ProdigyRMSprop` and
 * `Rprop` look at the learning rate at their first step only.
 */
export type ParameterGroup<O> = Omit<Values<O>, keyof OptimizerWideOptions> & {
  /** The names of its tensors in the order of the gradients: keys of the record, else places, `'0'`. */
  readonly params: readonly string[];
};

/**
 * What all optimizers share: parameters, groups, hyperparameters, state, and the step over all tensors at once. A rule
 * brings the rest.
 */
export abstract class Optimizer<O, P extends object> {
  readonly #rule: AnyRule;
  /** For groups that do not set their own. */
  readonly #defaults: Values<object>;
  #params: ParsedParams = { groups: [], grouped: true };
  #parameters: readonly Parameter[] = [];
  /** Never written to: whoever sets a hyperparameter makes another list, and a step that waits keeps its own. */
  #groups: readonly StepGroup[] = [];
  #exposed: readonly ParameterGroup<O>[] = [];
  #state!: State;

  // What a step needs, made once for all groups.
  #gradients: unknown[] = [];
  #rows!: Rows;
  #control!: StepControl;
  #open!: OpenStep;
  readonly #dense = new DenseGradients();
  /** Those of the moment at which the open step began. */
  #groupsOfParts: readonly StepGroup[] = [];
  #plan!: CurrentPlan;
  #atWork = false;
  /** Puts the parameters back, while averages are in their place. */
  #swapOut: (() => void) | undefined;

  /** What takes time waits here for its turn; a call that cannot wait fails meanwhile. */
  readonly #turns = new Turns();
  readonly #loads = new Loads<readonly StepGroup[]>();
  readonly #listeners = new StepListeners();

  protected constructor(rule: AnyRule, params: unknown, options: O | undefined) {
    this.#rule = rule;
    this.#defaults = readOptions(rule.hyperparameters as Specification<object>, options, 'options');
    const read = (own: unknown, where: string) =>
      readGroupOptions(rule, own, where, this.#defaults);
    this.#take(parseParams(params, read));
    this.#defineHyperparameters(this, undefined);
    shareInsides(this, {
      rule,
      parameters: () => this.#parameters,
      groups: () => this.#groups,
      takeTurn: (call, work, signal) => this.#takeTurn(call, work, signal),
      takeTurnToLoad: (call, load, signal) => this.#takeTurnToLoad(call, load, signal),
      stepInTurn: (gradients, groups, signal) =>
        this.#stepInTurn(this.#collect(gradients), () => groups, signal),
      collect: (gradients) => this.#collect(gradients),
      beginPieces: (gradients, groups, whole) => this.#beginPieces(gradients, groups, whole),
      state: () => this.#state,
      groupsOfNow: () => this.#loads.valueFor(() => this.#groups),
      move: (tensors) => this.#move(tensors),
      replace: (state, values) => this.#replace(state, values),
    });
    // A misspelt hyperparameter is an error, not a new property; subclasses of users may have fields of their own.
    if (Object.getPrototypeOf(new.target) === Optimizer) Object.preventExtensions(this);
  }

  /** The groups; a single one if the parameters were not given as a list of groups. */
  get groups(): readonly ParameterGroup<O>[] {
    return this.#exposed;
  }

  /**
   * Adds a group of parameters, after those that there are: from the next step on the list of gradients has one more. What
   * the others have stays as it is, bit for bit; the new tensors are at step 0. In the middle of a sum of gradients
   * (`accumulationSteps`) they are as tensors whose gradients were null so far. Needs memory for a second state until it is
   * over.
   *
   * Only for parameters that were given as a list of groups, if of one group: otherwise gradients would take another shape.
   * What loads a state or a checkpoint needs the same groups, given at once or added.
   *
   * As PyTorch's `add_param_group`; Keras and optax make another optimizer.
   *
   * @param group `{ params, ...options }`, as in the list of groups. Options that it does not have are those that the
   * optimizer was made with, as in PyTorch, whatever was set since; those that hold for all groups are as they are now
   * @returns this optimizer, whose type knows the gradients of the new group
   * @throws RangeError ERR_OPTIMIZER_BUSY; the errors of the constructor; nothing has changed
   */
  addGroup<G extends object>(
    group: P extends AnyGroups ? StrictGroup<G, O> : 'a group has no place beside such params',
  ): WithGroup<this, O, P, G> {
    this.#requireIdle('addGroup()');
    const defaults = { ...this.#defaults, ...this.#optimizerWide() };
    const read = (own: unknown, where: string) =>
      readGroupOptions(this.#rule, own, where, defaults);
    this.#take(this.#reading(() => addGroup(this.#params, group, read)));
    return this as unknown as WithGroup<this, O, P, G>;
  }

  /** The values of the options that hold for all groups. */
  #optimizerWide(): Values<object> {
    const values = (this.#groups[0] as StepGroup).values as Record<string, unknown>;
    const names = optimizerWideNames(this.#rule.hyperparameters);
    return Object.fromEntries(names.map((name) => [name, values[name]]));
  }

  /** Goes on with these parameters: those that it has, and groups after them. */
  #take(params: ParsedParams) {
    let first = this.#parameters.length;
    const added = params.groups.slice(this.#groups.length).map(({ where, values, parameters }) => {
      checkStorage(values, parameters, where);
      const group = new StepGroup(where, values, parameters, first);
      first = group.end;
      return group;
    });
    checkSelections(added, this.#defaults, this.#groups.length === 0);
    const groups = [...this.#groups, ...added];
    const parameters = params.groups.flatMap((group) => group.parameters);
    const fault = memoryFault(parameters);
    if (fault) throw fault;

    const rows = new Rows(this.#rule, parameters.length, groups.length);
    const control = new StepControl(this.#rule, parameters);
    const state = extendState(this.#rule, this.#state, groups, parameters);
    const plan = new CurrentPlan(this.#rule, parameters, rows, control.memory);
    if (!plan.for(state)) throw overlap('params', 'a parameter');

    this.#params = params;
    this.#parameters = parameters;
    this.#groups = groups;
    this.#state = state;
    this.#gradients = parameters.map(() => null);
    this.#rows = rows;
    this.#control = control;
    this.#open = new OpenStep(params, parameters);
    this.#plan = plan;
    this.#exposed = Object.freeze(groups.map((_, k) => this.#exposed[k] ?? this.#expose(k)));
  }

  /** Goes on with the parameters in other memory. */
  #move(tensors: readonly Tensor[]) {
    this.#requireIdle('moving parameters');
    const moved = this.#parameters.map((parameter, i) => {
      return { ...parameter, tensor: tensors[i] as Tensor };
    });
    const fault = memoryFault(moved);
    if (fault) throw fault;
    const plan = new CurrentPlan(this.#rule, moved, this.#rows, this.#control.memory);
    if (!plan.for(this.#state)) throw overlap('params', 'a parameter');
    for (const [i, { tensor }] of moved.entries())
      (this.#parameters[i] as Parameter).tensor = tensor;
    this.#plan = plan;
  }

  /**
   * Updates all parameters in place, once. Nothing is copied, and nothing is allocated.
   *
   * @param gradients in the shape of the parameters, each of its parameter's type and length; null leaves a tensor and its
   * state as they are. Gradients are only read, but for `zeroGradients`; they may share memory with each other, not with
   * parameters
   * @returns what the step did and measured: the same object every time
   * @throws TypeError ERR_GRADIENT_NAMES, ERR_TENSOR_TYPE
   * @throws RangeError ERR_GRADIENT_NAMES, ERR_TENSOR_LENGTH, ERR_TENSOR_DETACHED, ERR_TENSOR_OVERLAP,
   * ERR_GRADIENT_NOT_FINITE, ERR_OPTIMIZER_BUSY; nothing has changed
   */
  step(gradients: Gradients<P>): StepResult {
    const result = this.#step(gradients, this.#listeners.wantReport(this.#state.counters));
    return this.#listeners.any ? this.#tell(copyResult(result), this.#groups) : result;
  }

  /**
   * The same step, with the same bits, for those who look for what is wrong with a training: its result, an object of its own,
   * has a report of what the step did to each tensor. It takes longer than `step`, and allocates the report.
   *
   * A call that only accumulates gradients, and one that is skipped because they are not finite, has none.
   *
   * @param gradients as those of `step`
   * @throws as `step` does
   */
  stepWithReport(gradients: Gradients<P>): StepResult {
    return this.#tell(copyResult(this.#step(gradients, true)), this.#groups);
  }

  #step(gradients: Gradients<P>, reports: boolean): StepResult {
    this.#requireIdle('step()');
    this.#atWork = true;
    try {
      collectGradients(this.#params, gradients, this.#gradients);
      this.#prepare(this.#gradients, this.#groups, reports);
      if (!this.#currentPlan().step(this.#gradients)) throw this.#fault('grads', this.#gradients);
      return this.#conclude(this.#gradients);
    } finally {
      // The gradients belong to the caller: nothing keeps them alive until the next step.
      this.#gradients.fill(null);
      this.#atWork = false;
    }
  }

  /**
   * The same step, with the same bits, in threads of the kernel's own while the event loop goes on. Parameters and gradients
   * are in use until the promise resolves: whoever writes to them meanwhile finds anything in the parameters.
   *
   * What returns a promise waits its turn: steps of one optimizer are made in the order in which they are asked for, each
   * with the hyperparameters of that moment. What does not return one, `step`, `stateDict`, `loadStateDict`, fails while a
   * promise is pending; so do hyperparameters that need new states. Others can be set at any time.
   *
   * Where the kernel has no threads of its own (`runtime().asynchronous`), the step holds the event loop.
   *
   * @param gradients as those of `step`; no memory may lie in a resizable ArrayBuffer
   * @param options `signal`: cancels the step if it has not begun; the promise rejects with the signal's reason. `report`:
   * whether the result is to have a report, as that of `stepWithReport`
   * @returns a promise that resolves when the step is made. It rejects with the errors of `step`, ERR_TENSOR_RESIZABLE,
   * ERR_UNKNOWN_OPTION or ERR_INVALID_OPTION; nothing has changed then, and later steps are made all the same
   */
  async stepAsync(gradients: Gradients<P>, options?: AsyncStepOptions): Promise<StepResult> {
    const { signal, report } = readStepOptions(options);
    const list = this.#collect(gradients);
    // A step that waits is looked at before, if that does not take long; one that does not wait is looked at now anyway.
    const waits = this.#turns.busy && fitsOneSlice(list.length);
    if (waits) this.#requireMemory(list);
    const groups = this.#loads.valueFor(() => this.#groups);
    const reports = () => report || this.#listeners.wantReport(this.#state.counters);
    const step = () => this.#stepInTurn(list, groups, signal, reports);
    return this.#takeTurn('stepAsync()', step, signal);
  }

  /**
   * Updates one tensor in place as soon as its gradient is there, and may still be in the caches. The first call begins a step,
   * {@link endStep} closes it: with the same gradients the same bits as `step`. The hyperparameters are those of the moment it
   * began. Until it is closed, whatever else steps, saves, loads or needs new states fails with ERR_OPTIMIZER_BUSY.
   *
   * When the call returns, the gradient is used: the same memory can take the next tensor's.
   *
   * `clipGlobalNorm`, `dynamicLossScale` and `onNonFinite` other than `'propagate'` look at all gradients first, and are refused.
   *
   * @param name of the tensor in a record; its place in a list, 0 if it is the only one; in groups also `'1/bias'`, with the
   * number of the group, where several have the same
   * @param gradient as one of `step`; null leaves the tensor alone, as does a step that is closed without one
   * @throws TypeError ERR_TENSOR_TYPE
   * @throws RangeError ERR_TENSOR_NAME, ERR_TENSOR_TWICE, ERR_NEEDS_WHOLE_STEP, ERR_OPTIMIZER_BUSY, ERR_TENSOR_LENGTH,
   * ERR_TENSOR_DETACHED, ERR_TENSOR_OVERLAP; nothing has changed, and a step that was begun before can go on
   */
  stepTensor(name: TensorName<P>, gradient: Tensor | null): void {
    const i = this.#open.find(name);
    if (!this.#open.isOpen) this.#beginParts('stepTensor()');
    const updates = gradient !== null && this.#open.parts[i] !== null; // null if it is frozen
    const { length } = this.#parameters[i] as Parameter;
    if (updates && !this.#currentPlan().stepTensor(i, gradient, 0, length)) {
      throw this.#partFault(i, partFault(this.#parameters, i, gradient));
    }
    this.#open.take(i, updates);
  }

  /**
   * Updates some rows of a tensor, such as those of an embedding that a batch has looked up, as its part of a step:
   * {@link stepTensor} and {@link endStep} say what that means. Other rows stay as they are, as do their states: they neither
   * decay nor are decayed. The tensor is at its next step for all rows alike (bias correction).
   *
   * With all rows in order it is `stepTensor`, bit for bit; with some of them what it would be for a tensor that has these rows
   * alone, in the order in which they first appear: clipping and norms, and the random bits of rounding.
   *
   * As sparse gradients in TensorFlow 1's RMSProp and in PyTorch's SparseAdam; Keras 3 makes them dense.
   *
   * @param name as that of `stepTensor`
   * @param rows their numbers, from 0. Gradients of a row that comes again are added up first, in the order in which they
   * come, in float32 (float64 for Float64Array)
   * @param gradientRows the gradients of these rows, one after the other, of the parameter's type. Its length divided by the
   * number of rows is the length of a row, which must divide that of the tensor. None of either: no row moves
   * @param options `dense`: whether the other rows get a gradient of zeros: `stepTensor` with the gradient of the whole tensor
   * @throws TypeError ERR_TENSOR_TYPE, ERR_INVALID_OPTION, ERR_UNKNOWN_OPTION
   * @throws RangeError ERR_ROW_RANGE, ERR_ROWS_UNSUPPORTED (Rprop, Schedule-Free; `stateType: 'uint8'`, unless rows are
   * multiples of 256 numbers), and those of `stepTensor`; nothing has changed
   */
  stepRows(
    name: TensorName<P>,
    rows: RowNumbers,
    gradientRows: Tensor,
    options?: RowsOptions,
  ): void {
    const dense = options !== undefined && this.#reading(() => isDense(options));
    const i = this.#open.find(name);
    if (!this.#open.isOpen) this.#beginParts('stepRows()');
    const updates = this.#open.parts[i] !== null; // null if it is frozen
    if (updates && dense) {
      this.#stepDenseRows(i, rows, gradientRows);
    } else if (updates) {
      if (this.#control.looksAtSamples) throw rowsWithCap();
      const { steps } = this.#state;
      // Rows that are not given have no other moment to start their averages.
      if (steps[i] === 0 && this.#rowsFault(i, rows, gradientRows) === undefined) {
        startAverage(this.#state, i);
      }
      const fits = !this.#rule.needsWholeTensors;
      if (!(fits && this.#currentPlan().stepRows(i, rows, gradientRows))) {
        throw this.#partFault(i, this.#rowsFault(i, rows, gradientRows));
      }
    }
    this.#open.take(i, updates);
  }

  #stepDenseRows(i: number, rows: RowNumbers, gradientRows: Tensor) {
    const fault = this.#rowsFault(i, rows, gradientRows, true);
    if (fault) throw fault;
    const parameter = this.#parameters[i] as Parameter;
    const plan = this.#currentPlan();
    this.#dense.use(i, parameter, rows, gradientRows, (gradient) => {
      if (!plan.stepTensor(i, gradient, 0, parameter.length)) throw this.#partFault(i, undefined);
    });
    if (this.#control.zeroes) memoryOf(gradientRows, parameter.type).fill(0);
  }

  #rowsFault(i: number, rows: unknown, gradientRows: unknown, dense = false): Error | undefined {
    const { slots } = this.#state;
    return rowsFault(this.#rule, this.#parameters, slots, i, rows, gradientRows, dense);
  }

  /** What is wrong with the part of a step that is one tensor's, if nothing is with the tensor itself. */
  #partFault(i: number, fault: Error | undefined): Error {
    const { path } = this.#parameters[i] as Parameter;
    return fault ?? memoryFault(this.#parameters) ?? overlap(`grads${path}`, 'a parameter');
  }

  /**
   * Closes a step that was made tensor by tensor: counts it, and tells what it did. Tensors that got no gradient are left alone.
   *
   * @throws RangeError ERR_NO_OPEN_STEP
   */
  endStep(): StepResult {
    this.#open.close();
    this.#control.endParts();
    const result = this.#conclude(this.#open.parts);
    this.#open.clear();
    return this.#listeners.any ? this.#tell(copyResult(result), this.#groupsOfParts) : result;
  }

  #beginParts(call: string) {
    this.#requireIdle(call);
    this.#open.clear();
    this.#groupsOfParts = this.#groups;
    const reports = this.#listeners.wantReport(this.#state.counters);
    this.#prepare(this.#open.parts, this.#groups, reports);
    this.#control.beginParts();
  }

  #collect(gradients: unknown): unknown[] {
    const list: unknown[] = new Array(this.#parameters.length);
    this.#reading(() => collectGradients(this.#params, gradients, list));
    return list;
  }

  /** Reads what the caller gave, whose getters find the optimizer at work. */
  #reading<T>(read: () => T): T {
    const wasAtWork = this.#atWork;
    this.#atWork = true;
    try {
      return read();
    } finally {
      this.#atWork = wasAtWork;
    }
  }

  /** Looks at the memory of a step with the groups as they are. */
  #requireMemory(gradients: readonly unknown[]) {
    const list = [...gradients];
    skipFrozen(list, this.#groups);
    // Whether it will write the gradients is not known yet: a load may come before.
    const fault = memoryFault(this.#parameters, list);
    if (fault) throw fault;
  }

  /** @param reports whether the step is to make a report; undefined for a step that no listener is told of */
  async #stepInTurn(
    gradients: unknown[],
    groupsOfTurn: () => readonly StepGroup[],
    signal: AbortSignal | undefined,
    reports?: () => boolean,
  ): Promise<StepResult> {
    if (!fitsOneSlice(gradients.length)) await setImmediate();
    const groups = groupsOfTurn();
    this.#prepare(gradients, groups, reports?.() === true);
    const plan = this.#currentPlan();
    const { zeroes } = this.#control;
    const made = await stepInBackground(plan, this.#parameters, gradients, zeroes, signal);
    if (!made) throw this.#fault('grads', gradients);
    const result = copyResult(this.#conclude(gradients));
    return reports ? this.#tell(result, groups) : result;
  }

  /**
   * Calls `listener` after every step of `step`, `stepWithReport` and `stepAsync`, and after a call that only accumulates or is
   * skipped, but not after one that throws; those of `lrFinder`, which are undone, are none. Without listeners it costs nothing.
   *
   * The step is over: after a synchronous one the listener may do with the optimizer whatever can be done between steps. After
   * an asynchronous one its promise is still pending: what returns a promise waits, and must not be waited for in the listener;
   * what does not fails with ERR_OPTIMIZER_BUSY. What a listener throws is an uncaught exception of the process, as that of a
   * listener of an EventTarget is: the step has been made, and its caller gets the result.
   *
   * @param options `reportEvery`: at every so many updates the event has a report, as that of `stepWithReport`
   * @returns a function that ends this
   * @throws TypeError ERR_INVALID_OPTION, ERR_UNKNOWN_OPTION; RangeError ERR_INVALID_OPTION
   */
  onStep(listener: StepListener, options?: ListenerOptions): () => void {
    return this.#listeners.add(listener, options);
  }

  #tell(result: StepResult, groups: readonly StepGroup[]): StepResult {
    const rateOf = (values: Values<object>) => this.#rows.rateFor(values);
    this.#listeners.tell(result, groups, this.#state.counters, rateOf);
    return result;
  }

  /** Writes what the kernel reads of the options of these groups, and takes the gradients of frozen tensors out. */
  #prepare(
    gradients: unknown[],
    groups: readonly StepGroup[],
    reports: boolean,
    whole?: readonly Parameter[],
  ) {
    if (this.#rule.estimatesDistance) warnUnlessScheduled(this, groups);
    skipFrozen(gradients, groups);
    const calls = this.#control.request(groups, this.#state.counters, reports);
    this.#rows.write(gradients, groups, this.#state, calls, this.#control.memory.distances, whole);
  }

  #beginPieces(
    gradients: unknown[],
    groups: readonly StepGroup[],
    whole: readonly Parameter[],
  ): Pieces {
    this.#prepare(gradients, groups, false, whole);
    const { table, rowOf } = this.#rows;
    return {
      plan: this.#currentPlan(),
      request: { rule: this.#rule, rows: table, rowOf, step: this.#control.memory },
      conclude: (sampled) => this.#tell(copyResult(this.#conclude(gradients, sampled)), groups),
    };
  }

  #setLossScale(lossScale: number) {
    this.#groups = this.#groups.map((group) => group.with(valuesWith(group.values, { lossScale })));
  }

  #conclude(gradients: readonly unknown[], sampled?: SampleSums): StepResult {
    const now = (this.#groups[0] as StepGroup).values as Values<OptimizerWideOptions>;
    const result = this.#control.conclude(gradients, this.#state, now, this.#rows, sampled);
    if (this.#control.lossScale !== undefined) this.#setLossScale(this.#control.lossScale);
    return result;
  }

  /**
   * Copies of all state and of all hyperparameters: what `loadStateDict` needs to go on, bit for bit. The parameters are
   * not in it. It survives `structuredClone` and `v8.serialize`, but not JSON, which does not keep typed arrays.
   */
  stateDict(): StateDict {
    this.#requireIdle('stateDict()');
    return writeStateDict(this.#state, this.#groups);
  }

  /**
   * Takes over the state and the hyperparameters of an optimizer of the same class, with tensors of the same names, types
   * and lengths in the same groups. The parameters themselves are the caller's to restore.
   *
   * @throws TypeError, RangeError ERR_STATE_MISMATCH; TypeError, RangeError of options; nothing has changed
   */
  loadStateDict(dict: StateDict): void {
    this.#requireIdle('loadStateDict()');
    const { state, values } = this.#reading(() =>
      readStateDict(dict, this.#rule, this.#parameters, this.#groups),
    );
    this.#replace(state, values);
  }

  /**
   * Writes state and hyperparameters to a file: a checkpoint without the parameters, which {@link saveCheckpoint} adds. What
   * was at the path is replaced once the new file is whole and on the disk. Waits for its turn, as {@link stepAsync} does.
   *
   * Rejects with TypeError ERR_INVALID_OPTION, ERR_UNKNOWN_OPTION; RangeError ERR_CHECKPOINT_WRITE (its `cause` is the
   * error of the system); the signal's reason; what `onProgress` throws: the old file is as it was.
   *
   * @param path a file name, or a URL of one; a symbolic link stays one, and the file that it points to is replaced
   */
  async save(path: string | URL, options?: TransferOptions): Promise<void> {
    return saveState(this, path, options);
  }

  /**
   * Takes over the state and the hyperparameters of a checkpoint, as `loadStateDict` does of a dictionary; parameters in it
   * are left alone. Needs memory for a second state until it is loaded. Waits for its turn; until it is over, no
   * hyperparameter can be set.
   *
   * Rejects with TypeError ERR_INVALID_OPTION, ERR_UNKNOWN_OPTION; RangeError ERR_CHECKPOINT_READ (its `cause` is the error
   * of the system), ERR_CHECKPOINT_FORMAT; what `loadStateDict` throws; the signal's reason; what `onProgress` throws:
   * nothing has changed.
   */
  async load(path: string | URL, options?: TransferOptions): Promise<void> {
    return loadState(this, path, options);
  }

  /**
   * Puts the averages of parameters that `averageDecay` keeps, or else those that a Schedule-Free rule makes its parameters of,
   * in their place, for validation or to save them, and the parameters aside, into memory that is allocated for it. Until
   * {@link swapOutAverages} the optimizer does nothing else: whatever steps, saves or loads fails with ERR_OPTIMIZER_BUSY.
   * 16-bit parameters get the averages rounded to the nearest.
   *
   * @throws RangeError ERR_NO_AVERAGES, ERR_OPTIMIZER_BUSY, ERR_TENSOR_DETACHED, ERR_TENSOR_LENGTH, ERR_TENSOR_OVERLAP,
   * ERR_OUT_OF_MEMORY; nothing has changed
   */
  swapInAverages(): void {
    this.#requireIdle('swapInAverages()');
    if (!hasAverages(this.#state)) {
      const expected = 'averageDecay to be above 0, so that there are averages to swap in';
      throw failure(RangeError, 'ERR_NO_AVERAGES', expected, 'none');
    }
    const fault = memoryFault(this.#parameters);
    if (fault) throw fault;
    this.#swapOut = swapInAverages(this.#state, this.#groups);
  }

  /**
   * Puts the parameters back, bit for bit; what was written to them meanwhile is lost. Those whose memory is gone
   * (`transfer`) are left out: the next step fails.
   *
   * @throws RangeError ERR_NO_AVERAGES, ERR_TENSOR_LENGTH (a resizable buffer has shrunk); nothing has changed
   */
  swapOutAverages(): void {
    if (!this.#swapOut) {
      const expected = 'swapInAverages() before swapOutAverages()';
      throw failure(RangeError, 'ERR_NO_AVERAGES', expected, 'no such call');
    }
    const fault = memoryFault(this.#parameters.filter(({ tensor }) => !isDetached(tensor)));
    if (fault) throw fault;
    this.#swapOut();
    this.#swapOut = undefined;
  }

  #takeTurn<T>(call: string, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#atWork || this.#swapOut || this.#open.isOpen) this.#requireIdle(call);
    return this.#turns.take(work, signal);
  }

  #takeTurnToLoad<T>(
    call: string,
    load: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return this.#loads.during(
      () => this.#takeTurn(call, load, signal),
      () => this.#groups,
    );
  }

  /** What `console.log` shows: the rule, the groups with their tensors and options, and what the state takes. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    return describe(this.#rule, this.#parameters, this.#groups, this.#state, depth, options);
  }

  #replace(state: State, values: readonly Values<object>[]) {
    this.#groups = this.#groups.map((group, k) => group.with(values[k] as Values<object>));
    this.#state = state;
    this.#plan.drop();
  }

  /** Throws if anything is at work on the memory that this call needs. */
  #requireIdle(call: string) {
    const reason =
      (this.#atWork && 'from within another') ||
      (this.#turns.busy && 'while a promise of it is pending') ||
      (this.#swapOut && 'while averages are swapped in') ||
      (this.#open.isOpen && 'before endStep()');
    if (!reason) return;
    const expected = `${call} when nothing is at work on the optimizer`;
    throw failure(RangeError, 'ERR_OPTIMIZER_BUSY', expected, `a call ${reason}`);
  }

  #currentPlan(): Plan {
    const plan = this.#plan.for(this.#state);
    if (!plan) throw this.#fault('params');
    return plan;
  }

  /** What is wrong with the memory. Two buffer objects over the same shared memory are told apart by native code alone. */
  #fault(where: 'params' | 'grads', gradients?: readonly unknown[]): Error {
    const other = this.#control.zeroes ? 'a parameter or a gradient' : 'a parameter';
    return memoryFault(this.#parameters, gradients, this.#control.zeroes) ?? overlap(where, other);
  }

  #expose(k: number): ParameterGroup<O> {
    const { first, end } = this.#groups[k] as StepGroup;
    const names = this.#parameters.slice(first, end).map(({ name }) => name);
    const exposed = { params: Object.freeze(names) };
    const wide = optimizerWideNames(this.#rule.hyperparameters);
    this.#defineHyperparameters(exposed, k, wide);
    Object.defineProperty(exposed, inspect.custom, { value: () => ({ ...exposed }) });
    return Object.preventExtensions(exposed) as unknown as ParameterGroup<O>;
  }

  /** Of a group; or of all, which reads the values of the first. */
  #defineHyperparameters(
    target: object,
    chosen: number | undefined,
    without: readonly string[] = [],
  ) {
    const all = Object.keys(this.#rule.hyperparameters);
    defineHyperparameters(
      target,
      all.filter((name) => !without.includes(name)),
      () => (this.#groups[chosen ?? 0] as StepGroup).values,
      (name, value) => this.#set(chosen, name, value),
    );
  }

  /** Sets one hyperparameter of a group, or of all; of none if it throws. */
  #set(chosen: number | undefined, name: string, value: unknown) {
    if (this.#loads.pending) this.#requireIdle(`${name} to be set`);
    const changed = groupsWith(this.#rule, this.#groups, chosen, name, value);
    const state = needTheSame(this.#rule, this.#state, this.#groups, changed)
      ? this.#state
      : extendState(this.#rule, this.#state, changed, this.#parameters);
    if (state !== this.#state) {
      this.#requireIdle(`${name} to be set to what needs new states`);
      this.#state = state;
      this.#plan.drop();
    }
    this.#groups = changed;
  }
}

/** An optimizer that has got another group: its gradients are those of P, then those of G. */
type WithGroup<Self, O, P, G> = Optimizer<O, P extends AnyGroups ? [...P, G] : never> &
  Omit<Self, keyof Optimizer<O, object>>;

/** Any optimizer, whatever its options and parameters: for functions that take one. */
export type AnyOptimizer = Pick<Optimizer<unknown, object>, 'groups' | 'stateDict' | 'save'>;
