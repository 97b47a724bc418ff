import type { Arithmetic } from './arithmetic/arithmetic.js';
import type { Specification, Values } from './hyperparameters.js';

/** The numbers of one element while it is being updated: parameter, gradient, and the rule's states by name. */
export type Element<Stream extends string> = { p: number; g: number } & Record<Stream, number>;

/** What a step goes by of the tensors of a row beside their options; numbers that are allocated once. */
export const Rate = {
  /** Their learning rate, as a cap leaves it. */
  LEARNING_RATE: 0,
  /** The distance that parameters have to go, if the rule estimates it. */
  DISTANCE: 1,
} as const;
export type Rates = Float64Array & { 0: number; 1: number };

/**
 * One stage of the update of an element. `prepare` turns hyperparameters into the scalars and switches that hold for all
 * elements of a tensor at its `step`-th update, counted from 1, with the gradients of so many calls, and with the rule's
 * numbers of the tensor at this update, and the rates of `Rate`; `update` is the arithmetic, one rounding per operation.
 */
export interface Stage<
  O,
  Stream extends string = string,
  Scalar extends string = string,
  Switch extends string = string,
> {
  /** Scalars and switches in the order of native/. */
  readonly scalars: readonly Scalar[];
  readonly switches: readonly Switch[];
  prepare(
    h: Values<O>,
    step: number,
    c: Record<Scalar, number>,
    on: Record<Switch, boolean>,
    calls: number,
    numbers: Numbers,
    rates: Rates,
  ): void;
  update(
    x: Element<Stream>,
    c: Readonly<Record<Scalar, number>>,
    on: Readonly<Record<Switch, boolean>>,
    arithmetic: Arithmetic,
  ): void;
}

/** A number that a rule keeps for every element of the parameters. */
export interface State<O, Stream extends string = string> {
  readonly name: Stream;
  /** Whether it can be negative. Never, if not given. */
  readonly signed?: true;
  /** Whether these hyperparameters need it. Always, if not given. */
  needed?(h: Values<O>): boolean;
  /** What it starts from. 0, if not given. */
  initial?(h: Values<O>): number;
}

/** The numbers that a rule keeps for one tensor, in the order of their declaration. */
export type Numbers = Float64Array;

/** A number that a rule keeps for every tensor as a whole. */
export interface TensorNumber<Name extends string = string> {
  readonly name: Name;
  /** What it is before the first update. */
  readonly start: number;
  /** What it can be, in words. */
  readonly expected: string;
  accepts(value: number): boolean;
}

/** A number that begins as 0, or as what it says, and is never below 0. */
export function sizeNumber<Name extends string>(name: Name, start = 0): TensorNumber<Name> {
  const accepts = (x: number) => x >= 0 && x < Number.POSITIVE_INFINITY;
  return { name, start, expected: 'a finite number of at least 0', accepts };
}

/** Numbers for every tensor, and how they go on. */
export interface TensorNumbers<O, Name extends string = string> {
  readonly kept: readonly TensorNumber<Name>[];
  /** Turns the numbers before a tensor's `step`-th update into those at it. */
  advance(h: Values<O>, step: number, numbers: Numbers): void;
}

/** An option that a key of PyTorch's sets: by its value; as one of a list; or, if it is false or true, as one of two words. */
export type PyTorchOption<Option extends string = string> =
  | Option
  | readonly Option[]
  | { readonly option: Option; readonly words: readonly [string, string] };

type OptionOf<O> = [keyof O] extends [never] ? string : keyof O & string;

/** What torch.optim calls the options and states of a rule, for a file that goes either way. */
export interface PyTorchNames<O, Stream extends string = string> {
  /** What it keeps for each parameter. */
  readonly states: Readonly<Record<Stream, string>>;
  /** And what as a float32 tensor of one number. */
  readonly numbers?: { readonly [name: string]: string };
  /** Whether it makes them with the optimizer, and needs them all, instead of when the parameter is first updated. */
  readonly statesFromStart?: true;
  /** Whether it also keeps how many times the parameter was updated. */
  readonly step: boolean;
  /** The keys of a parameter group that set options. */
  readonly options: { readonly [key: string]: PyTorchOption<OptionOf<O>> };
  /** Options that it does not have, with the values that it behaves like. */
  readonly fixed: Partial<Values<O>>;
  /** The other keys of a parameter group, with its defaults: they choose how it computes, and not what. */
  readonly settings: { readonly [key: string]: boolean | null };
}

/** An update rule: the options of its optimizer, its states, and its arithmetic. */
export interface Rule<
  O,
  Stream extends string = string,
  Scalar extends string = string,
  Switch extends string = string,
> extends Stage<O, Stream, Scalar, Switch> {
  /** The optimizer's name. */
  readonly name: string;
  readonly hyperparameters: Specification<O>;
  /** The name of the rule in native/rules/. */
  readonly kernel: string;
  /** States in the order of native/. */
  readonly state: readonly State<O, Stream>[];
  /** Numbers of each tensor, if it keeps any. */
  readonly numbers?: TensorNumbers<O>;
  /** The rule in PyTorch, if it is there. */
  readonly pytorch?: PyTorchNames<O, NoInfer<Stream>>;
  /** The average that is to be evaluated, if its steps move something else; `swapInAverages` makes it. */
  readonly average?: RuleAverage<O, NoInfer<Stream>>;
  /** Whether the first update of a tensor is that of all its elements, so that none can be left out. Not, if not given. */
  readonly needsWholeTensors?: true;
  /** Whether the learning rate is where a tensor starts from, and later ones change nothing. Not, if not given. */
  readonly ignoresLaterRates?: true;
  /** Whether the learning rate is a first guess of how far parameters have to go, which the steps make better. Not, if not given. */
  readonly estimatesDistance?: true;
  /** Throws if hyperparameters, each good in itself, do not go together. */
  check?(h: Values<O>, where: string): void;
}

/** An average of parameters that is not kept, but follows from the parameter p and a state s: p + weight * (s - p). */
export interface RuleAverage<O, Stream extends string = string> {
  readonly name: Stream;
  weight(h: Values<O>): number;
}

/** Any rule, where its options do not matter. */
export type AnyRule = Rule<object>;

/** Gives a rule its exact type. */
export function defineRule<O, Stream extends string, Scalar extends string, Switch extends string>(
  rule: Rule<O, Stream, Scalar, Switch>,
): Rule<O, Stream, Scalar, Switch> {
  return rule;
}
