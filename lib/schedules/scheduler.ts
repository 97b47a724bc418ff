import { type InspectOptions, inspect } from 'node:util';
import { failure, show } from '../errors.js';
import { checkValue, readAllOptions, type Specification, type Values } from '../hyperparameters.js';
import { requireInsides } from '../insides.js';
import { withName } from '../inspect.js';
import type { AnyOptimizer } from '../optimizer.js';
import { capOf } from '../relative-cap.js';
import { misfit, requireList, requireObject, requireSame, requireStep } from '../saved-state.js';
import { type PlateauState, ReduceOnPlateau, readPlateauState } from './reduce-on-plateau.js';
import { type Schedule, scheduleOption } from './schedule.js';
import { markScheduled } from './scheduled.js';

const FORMAT = 1;

/** What a {@link Scheduler} changes beside the rates. */
export interface SchedulerOptions {
  /** The momentum, or beta1, of all groups as a function of the step: see `schedules.oneCycleMomentum`. Default: left alone. */
  momentum?: Schedule | undefined;
}

const unscheduled: Schedule = () => 0;
const specification: Specification<SchedulerOptions> = { momentum: scheduleOption(unscheduled) };

/** All that a scheduler needs to go on where another one stopped: what JSON keeps. */
export interface SchedulerState {
  /** Of this layout: 1. Another version is refused with ERR_STATE_MISMATCH. */
  format: number;
  /** How many steps have been made. */
  step: number;
  /** The rates that the schedule multiplies, group by group. */
  baseRates: number[];
  /** The same of `relativeCap`, null for a group without one; only where a group has one. */
  baseCaps?: (number | null)[];
  /** Only where the schedule looks at a metric. */
  plateau?: PlateauState;
}

type Hyperparameters = { [name: string]: unknown };

/**
 * Sets the learning rates of an optimizer from step to step: those of all groups to their base rates times one factor, so
 * that their ratios stay. The base rates are those that the groups have when the scheduler is made, which sets the rates for
 * step 0 at once. What else sets a rate holds until the scheduler's next step. A group that is added later takes part from
 * that step on, with the rate that it has then as its base rate: add it before the scheduler's step, not after.
 *
 * So a second scheduler multiplies what the first has left. To begin anew set the rates before it is made.
 *
 * The factor comes from the count of steps, not from the last rate: nothing adds up over long runs, and a step has the same
 * rate after whatever resumption, on every machine. PyTorch's schedulers multiply the last rate: 12 digits of theirs are
 * these, or, of rates that near 0, all but 1e-15 of the base rate.
 *
 * Of an optimizer that finds its own rate, such as `ProdigyRMSprop`, it sets `scheduleFactor` instead.
 *
 * A checkpoint keeps the rates of its moment; the base rates and the count are the scheduler's, and belong into `metadata`:
 * after a checkpoint is loaded, `loadStateDict` sets all of them, whenever the scheduler was made.
 */
export class Scheduler {
  readonly #optimizer: AnyOptimizer;
  readonly #schedule: Schedule | ReduceOnPlateau;
  readonly #specification: object;
  /** The hyperparameter that the schedule multiplies, beside caps. */
  readonly #rate: 'learningRate' | 'scheduleFactor';
  readonly #momentum: { readonly name: string; readonly schedule: Schedule } | undefined;
  #baseRates: readonly number[] = [];
  #baseCaps: readonly (number | null)[] = [];
  #step = 0;
  #plateau: PlateauState | undefined;

  /**
   * @param schedule one of `schedules`, or any pure function of the step, which is 0 before the first
   * @throws TypeError, RangeError ERR_INVALID_OPTION, also for what the schedule gives; TypeError ERR_UNKNOWN_OPTION; RangeError
   * ERR_OPTIMIZER_BUSY while a checkpoint is being loaded; ERR_CONFLICTING_OPTIONS for a momentum; nothing has changed
   */
  constructor(
    optimizer: AnyOptimizer,
    schedule: Schedule | ReduceOnPlateau,
    options?: SchedulerOptions,
  ) {
    const insides = requireInsides(optimizer, 'optimizer');
    if (typeof schedule !== 'function' && !(schedule instanceof ReduceOnPlateau)) {
      throw invalid(
        'schedule to be a function of the step or schedules.reduceOnPlateau()',
        schedule,
      );
    }
    this.#specification = insides.rule.hyperparameters;
    this.#rate = insides.rule.estimatesDistance ? 'scheduleFactor' : 'learningRate';
    this.#momentum = readMomentum(this.#specification, options);
    this.#optimizer = optimizer;
    this.#schedule = schedule;
    if (schedule instanceof ReduceOnPlateau) this.#plateau = schedule.initialState;
    this.#apply(0, this.baseRates, this.#allBaseCaps(), this.#plateau);
    markScheduled(optimizer);
  }

  /** How many steps have been made. */
  get steps(): number {
    return this.#step;
  }

  /** The rates that the schedule multiplies, group by group; of a group that is new to it, the one that it has. */
  get baseRates(): readonly number[] {
    const rates = this.#groups.map((group) => group[this.#rate] as number);
    return [...this.#baseRates, ...rates.slice(this.#baseRates.length)];
  }

  /** The caps that the schedule multiplies, as the rates. */
  #allBaseCaps(): readonly (number | null)[] {
    const caps = this.#groups.map((group) => capOf(group as Values<object>) ?? null);
    return [...this.#baseCaps, ...caps.slice(this.#baseCaps.length)];
  }

  get #groups(): readonly Hyperparameters[] {
    return this.#optimizer.groups as unknown as readonly Hyperparameters[];
  }

  /**
   * Counts a step of the optimizer, and sets the rates for the next one. After `stepAsync` there is no need to wait for its
   * promise: each step is made with the rates of the moment when it was asked for.
   *
   * @param metric for `reduceOnPlateau`, whenever there is a new one; NaN and infinities are never better than another
   * @throws TypeError, RangeError ERR_INVALID_OPTION, also for what the schedule gives; RangeError ERR_OPTIMIZER_BUSY while a
   * checkpoint is being loaded; nothing has changed
   */
  step(metric?: number): void {
    let plateau = this.#plateau;
    if (metric !== undefined) {
      if (!(this.#schedule instanceof ReduceOnPlateau)) {
        throw invalid('no metric, as the schedule does not look at any', metric);
      }
      if (typeof metric !== 'number') throw invalid('metric to be a number', metric);
      plateau = this.#schedule.observe(plateau as PlateauState, metric);
    }
    this.#apply(this.#step + 1, this.baseRates, this.#allBaseCaps(), plateau);
  }

  /** All that `loadStateDict` needs to go on: plain data, for the `metadata` of a checkpoint. */
  stateDict(): SchedulerState {
    const baseCaps = this.#allBaseCaps();
    const state = {
      format: FORMAT,
      step: this.#step,
      baseRates: [...this.baseRates],
      ...(baseCaps.some((cap) => cap !== null) && { baseCaps: [...baseCaps] }),
    };
    return this.#plateau ? { ...state, plateau: { ...this.#plateau } } : state;
  }

  /**
   * Goes on where another scheduler stopped: takes over its base rates, its count and its metrics, and sets the rates. The
   * schedule itself is not in the state; it may be another one.
   *
   * @throws TypeError, RangeError ERR_STATE_MISMATCH, and the errors of `step`; nothing has changed
   */
  loadStateDict(state: SchedulerState): void {
    const root = requireObject(state, 'state');
    requireSame(root.format, FORMAT, 'state.format');
    const step = requireStep(root.step, 'state.step');
    const rates = requireList(root.baseRates, 'state.baseRates', this.#groups.length);
    for (const [k, rate] of rates.entries()) {
      if (Number.isFinite(rate) && (rate as number) >= 0) continue;
      throw misfit(`state.baseRates[${k}] to be a finite number of at least 0`, show(rate));
    }
    const caps = readCaps(root.baseCaps, this.#groups);
    const plateau = this.#plateau && readPlateauState(root.plateau, 'state.plateau');
    this.#apply(step, rates as number[], caps, plateau);
  }

  /** What `console.log` shows: the count of steps, the base rates, and the rates that they are now. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const { format: _, step: steps, ...bases } = this.stateDict();
    const rates = this.#groups.map((group) => group[this.#rate]);
    return withName('Scheduler', { steps, ...bases, [`${this.#rate}s`]: rates }, depth, options);
  }

  /** Sets the rates, and remembers why. */
  #apply(
    step: number,
    baseRates: readonly number[],
    baseCaps: readonly (number | null)[],
    plateau: PlateauState | undefined,
  ) {
    const factor =
      this.#schedule instanceof ReduceOnPlateau
        ? this.#schedule.factor(step, plateau as PlateauState)
        : this.#schedule(step);
    checkNumber(factor, `schedule(${step})`);
    const settings = baseRates.map((rate, k) => {
      const settings: Hyperparameters = { [this.#rate]: rate * factor };
      const where = `the learning rate of group ${k} at step ${step}`;
      checkValue(this.#specification, this.#rate, settings[this.#rate], where);
      const cap = baseCaps[k] ?? null;
      // Where the factor is 0 nothing moves, whatever the cap.
      if (cap !== null && factor !== 0) settings.relativeCap = cap * factor;
      return settings;
    });
    if (this.#momentum) {
      const { name, schedule } = this.#momentum;
      const momentum = schedule(step);
      checkValue(this.#specification, name, momentum, `options.momentum(${step})`);
      for (const values of settings) values[name] = momentum;
    }
    setAll(this.#groups, settings);
    this.#step = step;
    this.#baseRates = [...baseRates];
    this.#baseCaps = [...baseCaps];
    this.#plateau = plateau;
  }
}

/** The caps of a saved state: those of the groups, where it has none. */
function readCaps(saved: unknown, groups: readonly Hyperparameters[]): (number | null)[] {
  const now = groups.map((group) => capOf(group as Values<object>) ?? null);
  if (saved === undefined) return now;
  return requireList(saved, 'state.baseCaps', groups.length).map((cap, k) => {
    const fits = cap === null ? now[k] === null : now[k] !== null;
    if (fits && (cap === null || (Number.isFinite(cap) && (cap as number) > 0))) {
      return cap as number | null;
    }
    const expected = now[k] === null ? 'null' : 'a finite number above 0';
    throw misfit(`state.baseCaps[${k}] to be ${expected}`, show(cap));
  });
}

/** Sets hyperparameters of all groups, or, if one of them throws, of none. */
function setAll(groups: readonly object[], settings: readonly Hyperparameters[]) {
  const before = groups.map((group, k) =>
    Object.fromEntries(
      Object.keys(settings[k] as object).map((name) => [name, (group as Hyperparameters)[name]]),
    ),
  );
  try {
    for (const [k, group] of groups.entries()) Object.assign(group, settings[k]);
  } catch (error) {
    for (const [k, group] of groups.entries()) Object.assign(group, before[k]);
    throw error;
  }
}

function readMomentum(rule: object, options: unknown) {
  const { momentum: schedule } = readAllOptions(specification, options, 'options');
  if (schedule === unscheduled) return undefined;
  const name = ['momentum', 'beta1'].find((name) => Object.hasOwn(rule, name));
  if (name !== undefined) return { name, schedule };
  throw invalid('options.momentum for an optimizer that has momentum or beta1 only', schedule);
}

function checkNumber(value: unknown, where: string) {
  const fail = (Kind: typeof TypeError | typeof RangeError) =>
    failure(
      Kind,
      'ERR_INVALID_OPTION',
      `${where} to be a finite number of at least 0`,
      show(value),
    );
  if (typeof value !== 'number') throw fail(TypeError);
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw fail(RangeError);
}

function invalid(expected: string, received: unknown) {
  return failure(TypeError, 'ERR_INVALID_OPTION', expected, show(received));
}
