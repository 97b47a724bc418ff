import { Adam, AdamW, RMSprop, SGD, type StateDict } from 'rmsprop';

export type RuleKey = 'rmsprop' | 'rmsprop-full' | 'sgd-momentum' | 'adam' | 'adamw';

/** A rule with its options: one row of the table for every size. */
export interface Contender {
  /** What `--only` and the peers call it. */
  readonly key: RuleKey;
  readonly name: string;
  /** States that are read and written, beside parameter and gradient: the streams of its limit loop. */
  readonly states: number;
  create(parameters: Float32Array[]): Stepper;
}

/** What all optimizers have. */
export interface Stepper {
  step(gradients: Float32Array[]): void;
  stateDict(): StateDict;
  loadStateDict(dict: StateDict): void;
}

export const contenders: Contender[] = [
  {
    key: 'rmsprop',
    name: 'RMSprop',
    states: 1,
    create: (parameters) => new RMSprop(parameters),
  },
  {
    key: 'rmsprop-full',
    name: 'RMSprop, momentum, centred',
    states: 3,
    create: (parameters) => new RMSprop(parameters, { momentum: 0.9, centered: true }),
  },
  {
    key: 'sgd-momentum',
    name: 'SGD, momentum',
    states: 1,
    create: (parameters) => new SGD(parameters, { momentum: 0.9 }),
  },
  {
    key: 'adam',
    name: 'Adam',
    states: 2,
    create: (parameters) => new Adam(parameters),
  },
  {
    key: 'adamw',
    name: 'AdamW',
    states: 2,
    create: (parameters) => new AdamW(parameters),
  },
];

/** Bytes of memory traffic per parameter: p and the states are read and written, g is read. */
export function bytesOf({ states }: Pick<Contender, 'states'>): number {
  return Float32Array.BYTES_PER_ELEMENT * (3 + 2 * states);
}
