import type { Element } from './rule.js';

type Values = Float32Array | Float64Array;

const NONE: Values = new Float32Array(0);

/**
 * Elements of a block, one at a time: `at` is the place of the one that is being updated, `g` its gradient. Its other numbers
 * are where the streams have them, under their names: {@link createCursor} defines those.
 *
 * For speed: V8 makes the rule and all of this into one loop, and reads and writes the arrays in it without a copy.
 */
class Cursor {
  at = 0;
  g = 0;
  readonly a: Values;
  readonly b: Values;
  readonly c: Values;
  readonly d: Values;
  readonly e: Values;
  readonly f: Values;

  constructor(streams: readonly { readonly values: Values }[]) {
    [this.a, this.b, this.c, this.d, this.e, this.f] = Array.from(
      { length: accessors.length },
      (_, k) => streams[k]?.values ?? NONE,
    ) as [Values, Values, Values, Values, Values, Values];
  }
}

type Accessor = { get(): number; set(x: number): void } & ThisType<Cursor>;

/** One for each array: V8 makes fast code for names that it sees, not for those that vary. */
const accessors: readonly Accessor[] = [
  {
    get() {
      return this.a[this.at] as number;
    },
    set(x) {
      this.a[this.at] = x;
    },
  },
  {
    get() {
      return this.b[this.at] as number;
    },
    set(x) {
      this.b[this.at] = x;
    },
  },
  {
    get() {
      return this.c[this.at] as number;
    },
    set(x) {
      this.c[this.at] = x;
    },
  },
  {
    get() {
      return this.d[this.at] as number;
    },
    set(x) {
      this.d[this.at] = x;
    },
  },
  {
    get() {
      return this.e[this.at] as number;
    },
    set(x) {
      this.e[this.at] = x;
    },
  },
  {
    get() {
      return this.f[this.at] as number;
    },
    set(x) {
      this.f[this.at] = x;
    },
  },
];

/** A class for each list of names, so that what V8 has learned of it holds for the next block, too. */
const classes = new Map<string, typeof Cursor>();

export function createCursor(
  streams: readonly { readonly name: string; readonly values: Values }[],
): Cursor & Element<string> {
  const names = streams.map(({ name }) => name);
  const key = names.join();
  let Class = classes.get(key);
  if (!Class) {
    Class = class extends Cursor {};
    for (const [k, name] of names.entries()) {
      Object.defineProperty(Class.prototype, name, accessors[k] as Accessor);
    }
    classes.set(key, Class);
  }
  return new Class(streams) as Cursor & Element<string>;
}
