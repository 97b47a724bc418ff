import { gradient } from './gradient.js';
import type { AnyRule, Stage } from './rule.js';

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

/** Writes the settings of both stages and the key of the random bits as one row of numbers. */
export function writeRow(
  rule: AnyRule,
  stages: readonly Settings[],
  key: number,
  row: Float64Array,
  at: number,
) {
  row[at + KEY] = key;
  let scalarAt = at + SCALARS;
  for (const [i, { scalars, switches }] of [gradient as Stage<object>, rule].entries()) {
    const { c, on } = stages[i] as Settings;
    let bits = 0;
    for (let k = 0; k < switches.length; k++) if (on[switches[k] as string]) bits |= 1 << k;
    row[at + i] = bits;
    for (const name of scalars) row[scalarAt++] = c[name] as number;
  }
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
