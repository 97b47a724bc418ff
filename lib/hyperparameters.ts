import { failure, show } from './errors.js';
import { isPlainObject } from './plain-object.js';

/** What an option may be, and what it is when it is not given. */
export interface Hyperparameter<T> {
  /** Undefined where there is none: such an option must be given. */
  readonly default: T;
  readonly expected: string;
  readonly type: 'number' | 'string' | 'boolean' | 'boolean or number' | 'function' | 'list';
  accepts(value: T): boolean;
  /** What an error says of a value of the right type that is not accepted. The value as a whole, if not given. */
  show?(value: T): string;
  /** What is kept of a value, so that nobody can change it later. The value itself, if not given. */
  copy?(value: T): T;
  /** All values, where they are few words. */
  readonly words?: readonly T[];
  /** Matters only when the optimizer is made. */
  readonly initial?: true;
  /** Is the same for all groups. */
  readonly optimizerWide?: true;
  /** Came after the first version: what was saved before has none, and meant the default. */
  readonly later?: true;
}

/** One hyperparameter for every option of O. */
export type Specification<O> = { readonly [K in keyof O]-?: Hyperparameter<NonNullable<O[K]>> };

/** The values of all options of O. */
export type Values<O> = { -readonly [K in keyof O]-?: NonNullable<O[K]> };

/** The largest finite float32: beyond it a hyperparameter would be infinite for Float32Array tensors. */
const LARGEST = 3.4028234663852886e38;

/** The largest power of 2 whose reciprocal is no denormal float32. */
export const LARGEST_SCALE = 2 ** 126;

function number(value: number | undefined, expected: string, accepts: (x: number) => boolean) {
  return { default: value as number, expected, type: 'number', accepts } as const;
}

/** A number that is at least 0. */
export function nonNegative(value?: number): Hyperparameter<number> {
  return number(value, 'a finite number of at least 0', (x) => x >= 0 && x <= LARGEST);
}

/** A number above 0. */
export function positive(value: number): Hyperparameter<number> {
  return number(value, 'a finite number above 0', (x) => x > 0 && x <= LARGEST);
}

/** A number that is divided by as well as multiplied by: neither may come near the ends of float32. */
export function scale(value: number): Hyperparameter<number> {
  const accepts = (x: number) => x >= 2 ** -126 && x <= LARGEST_SCALE;
  return number(value, 'a number from 2^-126 to 2^126', accepts);
}

/** Something above 0 that a size may not exceed; without one, Infinity. */
export function limit(): Hyperparameter<number> {
  const accepts = (x: number) => x > 0 && (x <= LARGEST || x === Number.POSITIVE_INFINITY);
  return number(Number.POSITIVE_INFINITY, 'a number above 0, or Infinity for none', accepts);
}

/** The end of a range; without one, an infinite number. */
export function bound(none: number): Hyperparameter<number> {
  const accepts = (x: number) => Math.abs(x) <= LARGEST || x === none;
  return number(none, `a finite number, or ${none} for none`, accepts);
}

/** A number that is at least 1. */
export function atLeastOne(value?: number): Hyperparameter<number> {
  return number(value, 'a finite number of at least 1', (x) => x >= 1 && x <= LARGEST);
}

/** A number from 0 to 1. */
export function fraction(value: number): Hyperparameter<number> {
  return number(value, 'a number from 0 to 1', (x) => x >= 0 && x <= 1);
}

/** A number from 0 up to, and without, 1. */
export function properFraction(value: number): Hyperparameter<number> {
  return number(value, 'a number of at least 0 and below 1', (x) => x >= 0 && x < 1);
}

/** A number from 0 to one below 1, which an error gives in words. */
export function fractionTo(largest: number, words: string, value: number): Hyperparameter<number> {
  return number(value, `a number from 0 to ${words}`, (x) => x >= 0 && x <= largest);
}

/** A number from 0 to a largest one. */
export function upTo(largest: number, value: number): Hyperparameter<number> {
  return number(value, `a number from 0 to ${largest}`, (x) => x >= 0 && x <= largest);
}

/** A number between, and without, 0 and 1. */
export function openFraction(value: number): Hyperparameter<number> {
  return number(value, 'a number above 0 and below 1', (x) => x > 0 && x < 1);
}

/** A number above 1. */
export function aboveOne(value: number): Hyperparameter<number> {
  return number(value, 'a finite number above 1', (x) => x > 1 && x <= LARGEST);
}

/** An integer from 0 to the largest one. */
export function integer(value: number, largest: number): Hyperparameter<number> {
  const accepts = (x: number) => Number.isInteger(x) && x >= 0 && x <= largest;
  return number(value, `an integer from 0 to ${largest}`, accepts);
}

/** An integer that is at least 1. */
export function positiveInteger(value?: number): Hyperparameter<number> {
  const accepts = (x: number) => Number.isSafeInteger(x) && x >= 1;
  return number(value, 'an integer from 1 to 2^53 - 1', accepts);
}

export function boolean(value: boolean): Hyperparameter<boolean> {
  return { default: value, expected: 'true or false', type: 'boolean', accepts: () => true };
}

/** One of a few words; the first is the default. */
export function oneOf<T extends string>(...words: readonly [T, ...T[]]): Hyperparameter<T> {
  const expected = words.map((word) => `'${word}'`).join(' or ');
  return { default: words[0], expected, type: 'string', accepts: (x) => words.includes(x), words };
}

/**
 * A list of such items, which may have to fit together. What is kept is a copy, without holes; a list that does not let itself
 * be copied counts as one of itself.
 */
export function list<T>(
  expected: string,
  acceptsItem: (item: T, i: number, all: readonly T[]) => boolean,
  value?: readonly T[],
  acceptsAll: (all: readonly T[]) => boolean = () => true,
): Hyperparameter<readonly T[]> {
  const copy = (list: readonly T[]): readonly T[] => {
    try {
      return Object.freeze(Array.from(list));
    } catch {
      return [list as T];
    }
  };
  return {
    default: value as readonly T[],
    expected,
    type: 'list',
    accepts: (all) => all.every(acceptsItem) && acceptsAll(all),
    show(all) {
      const wrong = all.findIndex((item, i) => !acceptsItem(item, i, all));
      return wrong < 0 ? show(all) : `${show(all[wrong])} at index ${wrong}`;
    },
    copy,
  };
}

/** A hyperparameter that is read when the state is made, and cannot be set later. */
export function initially<T>(hyperparameter: Hyperparameter<T>): Hyperparameter<T> {
  return { ...hyperparameter, initial: true };
}

/** Hyperparameters that are the same for all groups. */
export function optimizerWide<O>(specification: Specification<O>): Specification<O> {
  const entries = Object.entries(specification as unknown as AnySpecification);
  const wide = entries.map(([name, own]) => [name, { ...own, optimizerWide: true }]);
  return Object.fromEntries(wide) as Specification<O>;
}

/** The names of hyperparameters that are the same for all groups. */
export function optimizerWideNames(specification: object): string[] {
  const entries = Object.entries(specification as AnySpecification);
  return entries.flatMap(([name, own]) => (own.optimizerWide ? [name] : []));
}

type AnySpecification = { readonly [name: string]: Hyperparameter<never> };
type AnyValues = { [name: string]: unknown };

/**
 * Throws unless `value` is one that the hyperparameter `name` may have; `where` is how an error calls it. Returns what is to be
 * kept of it.
 */
export function checkValue(
  specification: object,
  name: string,
  value: unknown,
  where: string,
): unknown {
  const hyperparameter = (specification as AnySpecification)[name] as Hyperparameter<unknown>;
  const fail = (Kind: typeof TypeError | typeof RangeError, received: string) =>
    failure(Kind, 'ERR_INVALID_OPTION', `${where} to be ${hyperparameter.expected}`, received);
  if (!isOfType(value, hyperparameter.type)) throw fail(TypeError, show(value));
  const kept = hyperparameter.copy ? hyperparameter.copy(value) : value;
  if (hyperparameter.accepts(kept)) return kept;
  throw fail(RangeError, hyperparameter.show ? hyperparameter.show(kept) : show(value));
}

function isOfType(value: unknown, type: Hyperparameter<unknown>['type']): boolean {
  if (type === 'boolean or number') return ['boolean', 'number'].includes(typeof value);
  if (type !== 'list') return typeof value === type;
  try {
    return Array.isArray(value);
  } catch {
    return false; // a revoked proxy
  }
}

/** What other frameworks call options of this package. */
const elsewhere: { readonly [name: string]: string | undefined } = Object.assign(
  Object.create(null),
  {
    lr: 'learningRate',
    learning_rate: 'learningRate',
    alpha: 'decay',
    rho: 'decay',
    eps: 'epsilon',
    weight_decay: 'weightDecay',
    betas: 'beta1 and beta2',
    beta_1: 'beta1',
    beta_2: 'beta2',
    bias_correction: 'biasCorrection',
    momentum_decay: 'momentumDecay',
    warmup_steps: 'warmUpSteps',
    weight_lr_power: 'weightLrPower',
    weight_decay_at_y: 'weightDecay',
    clipvalue: 'clipValue',
    clipnorm: 'clipNorm',
    global_clipnorm: 'clipGlobalNorm',
    max_norm: 'clipNorm or clipGlobalNorm',
    use_ema: 'averageDecay',
    ema_momentum: 'averageDecay',
    gradient_accumulation_steps: 'accumulationSteps',
    loss_scale_factor: 'lossScale',
    growth_interval: 'lossScaleGrowthInterval',
    gamma: 'factor',
    total_iters: 'steps',
    total_steps: 'steps',
    decay_steps: 'steps',
    step_size: 'steps',
    T_max: 'steps',
    T_0: 'steps',
    T_mult: 'multiplier',
    eta_min: 'minimum, a fraction of the base rate',
    min_lr: 'minimum, a fraction of the base rate',
    pct_start: 'rise',
  },
);

/**
 * The values of all hyperparameters: those in `options`, where it has them, else those in `otherwise`.
 * Throws on names that the specification does not have, and on values that it does not accept.
 */
export function readOptions<O>(
  specification: Specification<O>,
  options: unknown,
  where: string,
  otherwise: Values<O> = defaults(specification),
): Values<O> {
  const values = valuesWith(otherwise) as AnyValues;
  if (options === undefined) return values as Values<O>;
  requirePlainObject(options, where);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(specification, name)) {
      const known = Object.keys(specification).join(', ');
      const here = elsewhere[name] === undefined ? '' : `, which here is ${elsewhere[name]}`;
      const expected = `${where} to have only ${known}`;
      throw failure(TypeError, 'ERR_UNKNOWN_OPTION', expected, `${show(name)}${here}`);
    }
    const value = (options as AnyValues)[name];
    if (value === undefined) continue;
    values[name] = checkValue(specification, name, value, `${where}.${name}`);
  }
  return values as Values<O>;
}

/**
 * The same values, but for some. V8 gives all of a class one shape, which it does not always do to what is spread: of a number
 * from objects of two shapes a step would make an object.
 */
export function valuesWith<O>(values: Values<O>, changes?: object): Values<O> {
  const copy: AnyValues = {};
  for (const [name, value] of Object.entries(values)) copy[name] = value;
  return Object.assign(copy, changes) as Values<O>;
}

/** The same for options of which some have no default. Throws if one of them is not given. */
export function readAllOptions<O>(
  specification: Specification<O>,
  options: unknown,
  where: string,
) {
  const values = readOptions(specification, options, where);
  for (const name of Object.keys(specification)) {
    checkValue(specification, name, values[name as keyof O], `${where}.${name}`);
  }
  return values;
}

/** Options in a map, a promise or a prototype would be ignored in silence. */
export function requirePlainObject(value: unknown, where: string): asserts value is object {
  if (isPlainObject(value)) return;
  throw failure(TypeError, 'ERR_INVALID_OPTION', `${where} to be a plain object`, show(value));
}

function defaults<O>(specification: Specification<O>): Values<O> {
  const entries = Object.entries(specification as { [name: string]: Hyperparameter<unknown> });
  return Object.fromEntries(
    entries.map(([name, { default: value }]) => [name, value]),
  ) as Values<O>;
}
