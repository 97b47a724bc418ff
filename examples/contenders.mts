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
  type Schedule,
  ScheduleFreeAdamW,
  ScheduleFreeRMSprop,
  SGD,
  type StateDict,
  type StorageOptions,
  schedules,
} from 'rmsprop';
import type { Parameters } from './network.mts';

/** The parameters of the network, or their gradients, as numbers or as codes of 16 bits. */
export type Tensors = Parameters | Record<keyof Parameters, Uint16Array>;

/** What the examples use of an optimizer. */
export interface Optimizer {
  step(gradients: Tensors): void;
  stateDict(): StateDict;
  swapInAverages(): void;
  swapOutAverages(): void;
}

export interface Contender {
  /** What `--optimizers` calls it. */
  key: string;
  name: string;
  /** As somebody would write it: `new SGD(params, { learningRate: 0.1 })`. */
  code: string;
  learningRate: number;
  /** From the palette of Okabe and Ito, which colour-blind readers can tell apart. */
  colour: string;
  /** Dashed, solid or dotted: one for each family, so that colour is not the only difference. */
  dash: number[];
  /** Whether what is evaluated is an average of the parameters, which the optimizer keeps. */
  averages?: true;
  /** What sets its rates in so many steps, where they are not the same in all. */
  schedule?(steps: number): Schedule;
  create(parameters: Tensors, storage?: StorageOptions): Optimizer;
  /** The same with another learning rate. */
  withRate(learningRate: number): (parameters: Tensors) => Optimizer;
}

/**
 * Who runs, and how. Each learning rate is, of 1, 2 and 5 times a power of ten, the highest that
 * keeps training steady: on the digits, with each of the seeds 1 to 3, no more than two of 40 epochs
 * end with a loss that is a third higher than before. Some could take more: momentum 0.2 and NAdam
 * 0.01, which have the rates of Nesterov's and of Adam so that these can be compared; Adamax 0.05
 * and Adagrad at least 1, which gain nothing by it. The average of Schedule-Free RMSprop is steady up
 * to 0.2 and more, but ends with the least loss from 0.02. Prodigy is given a first guess, and no rate:
 * it is not steady before its schedule has fallen.
 */
export const contenders: Contender[] = [
  contender('gradient-descent', 'Gradient descent', '#999999', [6, 3], SGD, {
    learningRate: 0.5,
  }),
  contender('momentum', 'Momentum', '#e69f00', [6, 3], SGD, {
    learningRate: 0.1,
    momentum: 0.9,
  }),
  contender('nesterov', 'Nesterov', '#d55e00', [6, 3], SGD, {
    learningRate: 0.1,
    momentum: 0.9,
    nesterov: true,
  }),
  contender('rmsprop', 'RMSprop', '#000000', [1, 0], RMSprop, {
    learningRate: 0.002,
  }),
  contender('rmsprop-momentum', 'RMSprop, momentum', '#0072b2', [1, 0], RMSprop, {
    learningRate: 0.0002,
    momentum: 0.9,
  }),
  contender('rmsprop-centered', 'RMSprop, centred', '#56b4e9', [1, 0], RMSprop, {
    learningRate: 0.002,
    centered: true,
  }),
  contender('adam', 'Adam', '#cc79a7', [2, 2], Adam, {
    learningRate: 0.005,
  }),
  contender('adamw', 'AdamW', '#009e73', [2, 2], AdamW, {
    learningRate: 0.005,
    weightDecay: 0.1,
  }),
  contender('nadam', 'NAdam', '#e69f00', [2, 2], NAdam, {
    learningRate: 0.005,
  }),
  contender('adamax', 'Adamax', '#cc79a7', [6, 3], Adamax, {
    learningRate: 0.01,
  }),
  contender('adagrad', 'Adagrad', '#56b4e9', [6, 3], Adagrad, {
    learningRate: 0.1,
  }),
  contender('adadelta', 'Adadelta', '#0072b2', [2, 2], Adadelta, {
    learningRate: 1,
  }),
  contender('lion', 'Lion', '#d55e00', [2, 2], Lion, {
    learningRate: 0.0005,
  }),
  contender(
    'schedule-free-rmsprop',
    'Schedule-Free RMSprop',
    '#009e73',
    [1, 0],
    ScheduleFreeRMSprop,
    { learningRate: 0.02 },
    { averages: true },
  ),
  contender(
    'schedule-free-adamw',
    'Schedule-Free AdamW',
    '#000000',
    [2, 2],
    ScheduleFreeAdamW,
    { learningRate: 0.05, weightDecay: 0.1 },
    { averages: true },
  ),
  contender(
    'prodigy-rmsprop',
    'Prodigy RMSprop',
    '#cc79a7',
    [1, 0],
    ProdigyRMSprop,
    { learningRate: 0.001 },
    { schedule: (steps) => schedules.cosine({ steps }) },
  ),
];

function contender<Options extends { learningRate: number }>(
  key: string,
  name: string,
  colour: string,
  dash: number[],
  Rule: new (parameters: Tensors, options: Options & StorageOptions) => Optimizer,
  options: Options,
  use: Pick<Contender, 'averages' | 'schedule'> = {},
): Contender {
  const list = Object.entries(options).map(([option, value]) => `${option}: ${value}`);
  const made = `new ${Rule.name}(params, { ${list.join(', ')} })`;
  return {
    key,
    name,
    code: use.schedule ? `new Scheduler(${made}, schedules.cosine({ steps }))` : made,
    learningRate: options.learningRate,
    colour,
    dash,
    ...use,
    create: (parameters, storage) => new Rule(parameters, { ...options, ...storage }),
    withRate: (learningRate) => (parameters) => new Rule(parameters, { ...options, learningRate }),
  };
}
