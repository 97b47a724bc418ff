import type { AsyncStepOptions } from '../lib/async-options.js';
import type { RowsOptions } from '../lib/dense-rows.js';
import { gradientHyperparameters } from '../lib/gradient.js';
import type { Hyperparameter } from '../lib/hyperparameters.js';
import { optimizerWideHyperparameters } from '../lib/optimizer-wide-options.js';
import { parameterHyperparameters } from '../lib/parameter.js';
import type { AnyRule } from '../lib/rule.js';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Lion,
  NAdam,
  ProdigyRMSprop,
  RMSprop,
  Rprop,
  rules,
  ScheduleFreeAdamW,
  ScheduleFreeRMSprop,
  SGD,
} from '../lib/rules/index.js';
import { selectionHyperparameters } from '../lib/selection.js';
import type { StateDict } from '../lib/state-dict.js';
import type { StepResult } from '../lib/step-control.js';
import type { StepEvent } from '../lib/step-listeners.js';
import { storageHyperparameters } from '../lib/storage.js';
import type { Tensor } from '../lib/tensor.js';
import { transformationHyperparameters } from '../lib/transformation.js';

export type Options = Record<string, unknown>;

/** What the tests use of an optimizer, whatever its rule. */
export interface AnyOptimizer {
  learningRate: number;
  readonly groups: readonly { readonly params: readonly string[]; [option: string]: unknown }[];
  addGroup(group: object): AnyOptimizer;
  lossScale: number;
  readonly accumulationSteps: number;
  step(gradients: readonly (Tensor | null)[]): StepResult;
  stepWithReport(gradients: readonly (Tensor | null)[]): StepResult;
  stepAsync(gradients: readonly (Tensor | null)[], options?: AsyncStepOptions): Promise<StepResult>;
  stepTensor(name: string | number, gradient: Tensor | null): void;
  stepRows(
    name: string | number,
    rows: Int32Array | Uint32Array,
    gradientRows: Tensor,
    options?: RowsOptions,
  ): void;
  endStep(): StepResult;
  save(path: string): Promise<void>;
  load(path: string): Promise<void>;
  stateDict(): StateDict;
  loadStateDict(dict: StateDict): void;
  onStep(listener: (event: StepEvent) => void): () => void;
  swapInAverages(): void;
  swapOutAverages(): void;
}
type AnyClass = new (params: readonly Tensor[], options: Options) => AnyOptimizer;

/** Every rule of the registry with its class. */
export const optimizers = [
  { rule: rules.rmsprop, Class: RMSprop },
  { rule: rules.sgd, Class: SGD },
  { rule: rules.adam, Class: Adam },
  { rule: rules.adamw, Class: AdamW },
  { rule: rules.nadam, Class: NAdam },
  { rule: rules.adagrad, Class: Adagrad },
  { rule: rules.adadelta, Class: Adadelta },
  { rule: rules.adamax, Class: Adamax },
  { rule: rules.rprop, Class: Rprop },
  { rule: rules.lion, Class: Lion },
  { rule: rules.scheduleFreeRMSprop, Class: ScheduleFreeRMSprop },
  { rule: rules.scheduleFreeAdamW, Class: ScheduleFreeAdamW },
  { rule: rules.prodigyRMSprop, Class: ProdigyRMSprop },
].map(({ rule, Class }) => ({
  name: rule.name,
  rule: rule as unknown as AnyRule,
  Class: Class as unknown as AnyClass,
}));

/** One of all that compute an element in the same way, by the same kernel: enough where only that matters. */
export const arithmetics = optimizers.filter(
  ({ rule }) => optimizers.find((other) => other.rule.update === rule.update)?.rule === rule,
);

/** Whether a rule is that of its authors' package alone: other frameworks have neither its results nor names for it. */
export const isOfAuthors = (rule: AnyRule) =>
  rule.average !== undefined || rule.estimatesDistance === true;

/** What options that are 0 by default are besides, if 0.7 is too much, or no value of theirs. */
const others: Record<string, number> = { weightDecay: 0.01, warmUpSteps: 2 };

/** Values that matter: every word, both booleans, and for numbers that are 0 by default 0 and something else. */
function values(
  name: string,
  { type, words, default: preset }: Hyperparameter<unknown>,
): unknown[] {
  if (words) return [...words];
  if (type === 'boolean') return [false, true];
  if (preset !== 0) return [preset];
  return [0, others[name] ?? 0.7];
}

/** Options that change what happens around any rule, and not the rule: test/around/ has them. */
export const aroundOptions = [
  ...Object.keys(transformationHyperparameters),
  ...Object.keys(parameterHyperparameters),
  ...Object.keys(selectionHyperparameters),
  ...Object.keys(optimizerWideHyperparameters),
];

/** An option that changes scalars only, and nothing of what is done with them: half of all variants have it. */
const ALTERNATING = 'biasCorrection';

const defaults = Object.fromEntries(
  Object.entries(storageHyperparameters).map(([name, h]) => [name, h.default]),
);

/**
 * Choices of a rule's options that go together, but for those of storage and those around any rule: all choices of the rule's
 * own, each with two of what can be done to a gradient before: nothing, and one of all the rest in turn. The first has all.
 */
export function variants(rule: AnyRule): Options[] {
  const isOwn = (name: string) =>
    !(name in storageHyperparameters) &&
    !(name in gradientHyperparameters) &&
    !aroundOptions.includes(name) &&
    name !== ALTERNATING;
  const names = Object.keys(rule.hyperparameters);
  const own = choices(rule, names.filter(isOwn));
  const [none = {}, ...others] = choices(rule, Object.keys(gradientHyperparameters));
  const all = own.flatMap((options, k) => {
    const before = k === 0 ? [none, ...others] : [none, others[k % others.length]];
    return before.map((choice, i): Options => {
      const alternating = names.includes(ALTERNATING) && {
        [ALTERNATING]: isOdd(k) !== (i % 2 === 0),
      };
      return { ...options, ...choice, ...alternating };
    });
  });
  return all.filter((options) => isValid(rule, options));
}

function isValid(rule: AnyRule, options: Options): boolean {
  try {
    rule.check?.({ ...defaults, ...options }, 'options');
    return true;
  } catch {
    return false;
  }
}

function choices(rule: AnyRule, names: readonly string[]): Options[] {
  let all: Options[] = [{}];
  for (const name of names) {
    const of = values(
      name,
      (rule.hyperparameters as Record<string, unknown>)[name] as Hyperparameter<unknown>,
    );
    all = all.flatMap((options) => of.map((value) => ({ ...options, [name]: value })));
  }
  return all;
}

/** Whether a number has an odd number of bits that are 1: so of numbers that share any of their bits, half are. */
function isOdd(n: number): boolean {
  return n > 0 && isOdd(n >> 1) !== (n % 2 === 1);
}

/**
 * The variants with the fewest and with the most states, of those that are possible: enough where only memory matters. One
 * where all have the same.
 */
export function extremes(
  rule: AnyRule,
  isPossible: (variant: Options) => boolean = () => true,
): Options[] {
  const states = (options: Options) =>
    rule.state.filter(({ needed }) => needed?.(options) ?? true).length;
  const sorted = variants(rule)
    .filter(isPossible)
    .sort((a, b) => states(a) - states(b));
  const [few, most] = [sorted[0] as Options, sorted.at(-1) as Options];
  return states(few) === states(most) ? [most] : [few, most];
}
