import { gradient } from './gradient.js';
import type { Values } from './hyperparameters.js';
import type { AnyRule, Stage } from './rule.js';
import type { GroupRange } from './saved-state.js';
import type { State } from './state.js';
import type { StorageOptions } from './storage.js';
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

/** What comes first in a row: the switches of both stages, and the key of the step's random bits. See native/isa/isa.h. */
const KEY = 2;
const SCALARS = 3;

/** How many numbers a row has. */
export function rowWidth(rule: AnyRule): number {
  return SCALARS + gradient.scalars.length + rule.scalars.length;
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

const gradientWriter = writerOf(gradient as Stage<object>);

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

/** What the kernel reads of the hyperparameters: one row for each run of tensors of a group that are updated alike. */
export class Rows {
  /** Rows of `width` numbers each. */
  table: Float64Array;
  readonly width: number;
  /** The row of every tensor at the next step, or -1 if the step skips the tensor. */
  readonly rowOf: Int32Array;
  readonly #rule: AnyRule;
  readonly #writer: Writer;

  constructor(rule: AnyRule, tensors: number, groups: number) {
    this.width = rowWidth(rule);
    this.table = new Float64Array(groups * this.width);
    this.rowOf = new Int32Array(tensors);
    this.#rule = rule;
    this.#writer = writerOf(rule);
  }

  /** Writes the rows of the next step. Whoever points into the table looks it up again: it may have to grow. */
  write(gradients: readonly unknown[], groups: readonly GroupRange[], { steps }: State) {
    let row = -1;
    for (let k = 0; k < groups.length; k++) {
      const { values, first, end } = groups[k] as GroupRange;
      const { seed } = values as Values<StorageOptions>;
      let step = -1;
      for (let i = first; i < end; i++) {
        if (gradients[i] === null) {
          this.rowOf[i] = -1;
          continue;
        }
        if (step !== (steps[i] as number) + 1) {
          step = (steps[i] as number) + 1;
          row++;
          if ((row + 1) * this.width > this.table.length) this.#grow();
          gradient.prepare(values as never, step, gradientWriter.c, gradientWriter.on);
          this.#rule.prepare(values, step, this.#writer.c, this.#writer.on);
          const at = row * this.width;
          writeRow(gradientWriter, this.#writer, randomKey(seed, step), this.table, at);
        }
        this.rowOf[i] = row;
      }
    }
  }

  #grow() {
    const grown = new Float64Array(2 * this.table.length);
    grown.set(this.table);
    this.table = grown;
  }
}

/** Writes what `prepare` set in the writers of both stages, and the key of the random bits, as one row of numbers. */
function writeRow(before: Writer, own: Writer, key: number, row: Float64Array, at: number) {
  row[at] = before.numbers[0] as number;
  row[at + 1] = own.numbers[0] as number;
  before.numbers[0] = 0; // a switch that is off sets nothing
  own.numbers[0] = 0;
  row[at + KEY] = key >>> 0;
  let to = at + SCALARS;
  for (let k = 1; k < before.numbers.length; k++) row[to++] = before.numbers[k] as number;
  for (let k = 1; k < own.numbers.length; k++) row[to++] = own.numbers[k] as number;
}

/** Reads a row back, every scalar rounded to the type of the tensor. Returns the key of the random bits. */
export function readRow(
  rule: AnyRule,
  row: Float64Array,
  at: number,
  round: (x: number) => number,
  stages: readonly Settings[],
): number {
  let scalarAt = at + SCALARS;
  for (const [i, { scalars, switches }] of [gradient as Stage<object>, rule].entries()) {
    const { c, on } = stages[i] as Settings;
    const bits = row[at + i] as number;
    for (const [k, name] of switches.entries()) on[name] = ((bits >> k) & 1) === 1;
    for (const name of scalars) c[name] = round(row[scalarAt++] as number);
  }
  return row[at + KEY] as number;
}
