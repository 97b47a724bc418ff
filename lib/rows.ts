import { beginDistance, type DistanceOptions, writeDistance } from './distance.js';
import { gradient } from './gradient.js';
import type { Values } from './hyperparameters.js';
import { parameter } from './parameter.js';
import type { Parameter } from './params.js';
import { limitRate } from './relative-cap.js';
import { type AnyRule, type Numbers, Rate, type Rates, type Stage } from './rule.js';
import type { State } from './state.js';
import type { Part, StepGroup } from './step-group.js';
import type { StorageOptions } from './storage.js';
import { transformation } from './transformation.js';
import { randomKey } from './types/rounding.js';

/** The scalars and switches of one stage, by name. */
export interface Settings {
  readonly c: Record<string, number>;
  readonly on: Record<string, boolean>;
}

export function createSettings({ scalars, switches }: Stage<object>): Settings {
  return {
    c: Object.fromEntries(scalars.map((name) => [name, 0])),
    on: Object.fromEntries(switches.map((name) => [name, false])),
  };
}

/** What comes first in a row: the switches of all stages, and the key of the step's random bits. See native/isa/isa.h. */
const KEY = 4;
const SCALARS = 5;

/** The stages that an element goes through, in their order. */
export function stagesOf(rule: AnyRule): readonly Stage<object>[] {
  return [
    transformation as Stage<object>,
    gradient as Stage<object>,
    rule,
    parameter as Stage<object>,
  ];
}

/** How many numbers a row has. */
export function rowWidth(rule: AnyRule): number {
  return stagesOf(rule).reduce((sum, { scalars }) => sum + scalars.length, SCALARS);
}

/** What `prepare` writes for one stage: `c` and `on` have setters, which put everything into `numbers`. */
interface Writer extends Settings {
  /** The switches as bits, then the scalars. */
  readonly numbers: Float64Array;
}

const writers = new WeakMap<object, Writer>();

/**
 * The writer of a stage, the same for all optimizers: V8 makes fast code for a few kinds of objects only. A plain object in
 * its place would cost an allocation for every fraction that is read from it by a name that varies.
 */
function writerOf(stage: Stage<object>): Writer {
  const writer = writers.get(stage) ?? createWriter(stage);
  writers.set(stage, writer);
  return writer;
}

const transformationWriter = writerOf(transformation as Stage<object>);
const gradientWriter = writerOf(gradient as Stage<object>);
const parameterWriter = writerOf(parameter as Stage<object>);

function createWriter({ scalars, switches }: Stage<object>): Writer {
  const numbers = new Float64Array(1 + scalars.length);
  const c = {};
  for (const [i, name] of scalars.entries()) {
    const k = 1 + i;
    const set = (value: number) => {
      numbers[k] = value;
    };
    Object.defineProperty(c, name, { set });
  }
  const on = {};
  for (const [k, name] of switches.entries()) {
    const bit = 1 << k;
    const set = (value: boolean) => {
      if (value) (numbers[0] as number) |= bit;
    };
    Object.defineProperty(on, name, { set });
  }
  // As prototypes: of two objects with setters of the same names V8 makes one a slow dictionary.
  return { c: Object.create(c), on: Object.create(on), numbers };
}

/** What the kernel reads of the hyperparameters: one row for each run of tensors of a part of a group at the same step. */
export class Rows {
  /** Rows of `width` numbers each. */
  table: Float64Array;
  readonly width: number;
  /** The row of every tensor at the next step, or -1 if the step skips the tensor. */
  readonly rowOf: Int32Array;
  readonly #rule: AnyRule;
  readonly #writer: Writer;
  /** What each row was written for, and whether its step was the first one: no other step matters to all stages. */
  readonly #valuesOf: (Values<object> | undefined)[] = [];
  readonly #isFirst: boolean[] = [];
  #calls = 0;
  /** The rule's numbers of the tensors of the row that is being written, at their next step. */
  readonly #numbers: Numbers;
  /** The learning rate of each tensor at its next step, as a cap leaves it. */
  readonly rateOf: Float64Array;
  /** Those of the row that is being written; after a step, the distance that it took. */
  readonly rates = new Float64Array(2) as Rates;

  constructor(rule: AnyRule, tensors: number, groups: number) {
    this.width = rowWidth(rule);
    this.table = new Float64Array(groups * this.width);
    this.rowOf = new Int32Array(tensors);
    this.rateOf = new Float64Array(tensors);
    this.#rule = rule;
    this.#writer = writerOf(rule);
    this.#numbers = new Float64Array(rule.numbers?.kept.length ?? 0);
  }

  /**
   * Writes the rows of the next step. Whoever points into the table looks it up again: it may have to grow.
   *
   * @param calls how many gradients of a tensor are summed, these included
   * @param distances where to write what the estimate of each tensor's distance goes by
   * @param whole the tensors that the state's are pieces of, if they are
   */
  write(
    gradients: readonly unknown[],
    groups: readonly StepGroup[],
    state: State,
    calls: number,
    distances: Float64Array,
    whole: readonly Parameter[] = state.parameters,
  ) {
    const { steps } = state;
    if (calls !== this.#calls) this.#valuesOf.fill(undefined);
    this.#calls = calls;
    let row = -1;
    this.rowOf.fill(-1);
    const { estimatesDistance } = this.#rule;
    if (estimatesDistance) beginDistance(this.rates, state, groups);
    for (let k = 0; k < groups.length; k++) {
      const { parts } = groups[k] as StepGroup;
      for (let p = 0; p < parts.length; p++) {
        const { values, tensors, cap } = parts[p] as Part;
        let step = -1;
        let alike = -1; // the first tensor of the row
        for (let n = 0; n < tensors.length; n++) {
          const i = tensors[n] as number;
          if (gradients[i] === null) continue;
          this.#wantRate(i, values);
          limitRate(this.rateOf, i, cap, state.sizes, whole[i] as Parameter);
          if (estimatesDistance) {
            writeDistance(distances, i, values as never, this.rates, steps[i] === 0);
          }
          if (
            step !== (steps[i] as number) + 1 ||
            this.rateOf[i] !== this.rateOf[alike] ||
            !this.#hasNumbersOf(state, i, alike)
          ) {
            step = (steps[i] as number) + 1;
            alike = i;
            row++;
            if ((row + 1) * this.width > this.table.length) this.#grow();
            this.#advanceNumbers(state, i, values, step);
            this.rates[Rate.LEARNING_RATE] = this.rateOf[i] as number;
            this.#writeRow(row, values, step, calls);
          }
          this.rowOf[i] = row;
          this.#passNumbers(state, i);
        }
      }
    }
  }

  /** Writes the learning rate of tensor i before a cap. In two ways of one sum, V8 would allocate what it chooses from. */
  #wantRate(i: number, values: Values<object>) {
    const { learningRate, scheduleFactor } = values as Values<DistanceOptions>;
    this.rateOf[i] = learningRate;
    if (this.#rule.estimatesDistance) this.rateOf[i] = this.rates[Rate.DISTANCE] * scheduleFactor;
  }

  /** The learning rate of a group at the last step that was written, before a cap. */
  rateFor(values: Values<object>): number {
    const { learningRate = 0, scheduleFactor } = values as Values<DistanceOptions>;
    return this.#rule.estimatesDistance ? this.rates[Rate.DISTANCE] * scheduleFactor : learningRate;
  }

  /** Whether the rule keeps the same numbers of two tensors. */
  #hasNumbersOf({ numbers }: State, i: number, other: number): boolean {
    const { length } = this.#numbers;
    for (let k = 0; k < length; k++) {
      if (numbers[i * length + k] !== numbers[other * length + k]) return false;
    }
    return true;
  }

  /** Makes the numbers of a tensor's next step out of those that it has. */
  #advanceNumbers({ numbers }: State, i: number, values: Values<object>, step: number) {
    const own = this.#numbers;
    for (let k = 0; k < own.length; k++) own[k] = numbers[i * own.length + k] as number;
    this.#rule.numbers?.advance(values, step, own);
  }

  #passNumbers({ nextNumbers }: State, i: number) {
    const own = this.#numbers;
    for (let k = 0; k < own.length; k++) nextNumbers[i * own.length + k] = own[k] as number;
  }

  #writeRow(row: number, values: Values<object>, step: number, calls: number) {
    const { table, rates } = this;
    const numbers = this.#numbers;
    const at = row * this.width;
    const ends = at + this.width;
    const afterRule = ends - parameter.scalars.length;
    let to = at + SCALARS;
    // Mostly nothing of this has changed since the last step.
    const isFirst = step === 1;
    if (this.#valuesOf[row] !== values || this.#isFirst[row] !== isFirst) {
      const { c, on } = transformationWriter;
      transformation.prepare(values as never, step, c, on, calls, numbers, rates);
      parameter.prepare(
        values as never,
        step,
        parameterWriter.c,
        parameterWriter.on,
        calls,
        numbers,
        rates,
      );
      writeStage(transformationWriter, table, at, to);
      writeStage(parameterWriter, table, at + 3, afterRule);
    }
    to += transformation.scalars.length;
    const { c, on } = gradientWriter;
    gradient.prepare(values as never, step, c, on, calls, numbers, rates);
    this.#rule.prepare(values, step, this.#writer.c, this.#writer.on, calls, numbers, rates);
    to = writeStage(gradientWriter, table, at + 1, to);
    writeStage(this.#writer, table, at + 2, to);
    table[at + KEY] = randomKey((values as Values<StorageOptions>).seed, step) >>> 0;
    this.#valuesOf[row] = values;
    this.#isFirst[row] = isFirst;
  }

  #grow() {
    const grown = new Float64Array(2 * this.table.length);
    grown.set(this.table);
    this.table = grown;
  }
}

/** Writes what `prepare` set in the writer of a stage. Returns where the scalars of the next stage begin. */
function writeStage({ numbers }: Writer, row: Float64Array, switchesAt: number, scalarsAt: number) {
  row[switchesAt] = numbers[0] as number;
  numbers[0] = 0; // a switch that is off sets nothing
  let to = scalarsAt;
  for (let k = 1; k < numbers.length; k++) row[to++] = numbers[k] as number;
  return to;
}

/**
 * Reads the first stages of a row back, as many as there are settings, every scalar rounded to the type of the tensor. Returns
 * the key of the random bits.
 */
export function readRow(
  rule: AnyRule,
  row: Float64Array,
  at: number,
  round: (x: number) => number,
  settings: readonly Settings[],
): number {
  const stages = stagesOf(rule);
  let scalarAt = at + SCALARS;
  for (const [i, { c, on }] of settings.entries()) {
    const { scalars, switches } = stages[i] as Stage<object>;
    const bits = row[at + i] as number;
    for (const [k, name] of switches.entries()) on[name] = ((bits >> k) & 1) === 1;
    for (const name of scalars) c[name] = round(row[scalarAt++] as number);
  }
  return row[at + KEY] as number;
}
