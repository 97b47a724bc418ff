import type { Contestant } from '../measure.mts';

/** A network with which libraries are compared, on images of 28 x 28 numbers and 10 classes. */
export const networks = {
  mlp: { name: 'MLP 784-256-10', batch: 32 },
  lstm: { name: 'LSTM 28 x 28, 64-10', batch: 32 },
} as const;
export type Network = keyof typeof networks;

/** A rule that libraries and this package have. */
export const rules = { rmsprop: 'RMSprop', adam: 'Adam' } as const;
export type Rule = keyof typeof rules;

/** Whose optimizer trains. */
export type Whose = 'own' | 'ours';

/** A library that computes gradients, on one of its devices. */
export interface Library {
  /** What `--libraries` calls it. */
  readonly key: string;
  readonly name: string;
  /** A network with an optimizer of the library's, or with this package's. */
  prepare(network: Network, rule: Rule, whose: Whose): Promise<Training>;
}

/** A network in training. */
export interface Training {
  readonly parameters: number;
  /** The optimizer's step, with gradients that are there. */
  readonly step: Contestant;
  /** A whole training step: forward, backward, and that step. */
  readonly whole: Contestant;
  release(): void;
}
