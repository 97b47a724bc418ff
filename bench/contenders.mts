import {
  Adam,
  AdamW,
  ProdigyRMSprop,
  RMSprop,
  ScheduleFreeAdamW,
  ScheduleFreeRMSprop,
  Scheduler,
  SGD,
  type StateDict,
  type StorageOptions,
  type Tensor,
} from 'rmsprop';

export type RuleKey =
  | 'rmsprop'
  | 'rmsprop-full'
  | 'sgd-momentum'
  | 'adam'
  | 'adamw'
  | 'schedule-free-rmsprop'
  | 'schedule-free-adamw'
  | 'prodigy-rmsprop';

/** A rule with its options: one row of the table for every size. */
export interface Contender {
  /** What `--only` and the peers call it. */
  readonly key: RuleKey;
  readonly name: string;
  /** States that are read and written, beside parameter and gradient: the streams of its limit loop. */
  readonly states: number;
  create(parameters: Tensor[], storage?: StorageOptions): Stepper;
}

/** What all optimizers have. */
export interface Stepper {
  step(gradients: Tensor[]): void;
  stepAsync(gradients: Tensor[]): Promise<unknown>;
  stateDict(): StateDict;
  loadStateDict(dict: StateDict): void;
}

export const contenders: Contender[] = [
  {
    key: 'rmsprop',
    name: 'RMSprop',
    states: 1,
    create: (parameters, storage) => new RMSprop(parameters, { ...storage }),
  },
  {
    key: 'rmsprop-full',
    name: 'RMSprop, momentum, centred',
    states: 3,
    create: (parameters, storage) =>
      new RMSprop(parameters, { ...storage, momentum: 0.9, centered: true }),
  },
  {
    key: 'sgd-momentum',
    name: 'SGD, momentum',
    states: 1,
    create: (parameters, storage) => new SGD(parameters, { ...storage, momentum: 0.9 }),
  },
  {
    key: 'adam',
    name: 'Adam',
    states: 2,
    create: (parameters, storage) => new Adam(parameters, { ...storage }),
  },
  {
    key: 'adamw',
    name: 'AdamW',
    states: 2,
    create: (parameters, storage) => new AdamW(parameters, { ...storage }),
  },
  {
    key: 'schedule-free-rmsprop',
    name: 'Schedule-Free RMSprop',
    states: 2,
    create: (parameters, storage) => new ScheduleFreeRMSprop(parameters, { ...storage }),
  },
  {
    key: 'schedule-free-adamw',
    name: 'Schedule-Free AdamW',
    states: 2,
    create: (parameters, storage) => new ScheduleFreeAdamW(parameters, { ...storage }),
  },
  {
    key: 'prodigy-rmsprop',
    name: 'Prodigy RMSprop',
    states: 1,
    create(parameters, storage) {
      const optimizer = new ProdigyRMSprop(parameters, { ...storage });
      // The gradients are always the same: with more, distance and parameters would grow without end.
      new Scheduler(optimizer, () => 1e-6);
      return optimizer;
    },
  },
];

/** Bytes of memory traffic per parameter: p and the states are read and written, g is read. */
export function bytesOf({ states }: Pick<Contender, 'states'>): number {
  return Float32Array.BYTES_PER_ELEMENT * (3 + 2 * states);
}
