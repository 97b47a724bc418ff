import type { Properties } from '../common-options.js';
import { nonNegative, oneOf, type Specification } from '../hyperparameters.js';
import { Optimizer } from '../optimizer.js';
import type { Strict } from '../params.js';
import { defineRule, type PyTorchNames } from '../rule.js';
import { type AdamOptions, adam, adamInPyTorch } from './adam.js';

/** Options of {@link AdamW}: those of {@link Adam}, with another default of `weightDecay`, 0.01. */
export interface AdamWOptions extends Omit<AdamOptions, 'weightDecayMode'> {
  /** In AdamW weight decay is decoupled; for the other kind see `Adam`. */
  weightDecayMode?: 'decoupled' | undefined;
}

const hyperparameters: Specification<AdamWOptions> = {
  ...adam.hyperparameters,
  weightDecay: nonNegative(0.01),
  weightDecayMode: oneOf('decoupled'),
};

const { decoupled_weight_decay, ...options } = adamInPyTorch.options;
const pytorch: PyTorchNames<AdamWOptions> = {
  ...adamInPyTorch,
  options,
  fixed: { ...adamInPyTorch.fixed, weightDecayMode: 'decoupled' },
  settings: { ...adamInPyTorch.settings, decoupled_weight_decay: true },
};

export const adamw = defineRule({ ...adam, name: 'AdamW', hyperparameters, pytorch });

/**
 * AdamW: {@link Adam} with decoupled weight decay.
 *
 *     p = p * (1 - learningRate * weightDecay), then Adam
 *
 * The weight decay is 0.01 by default, as PyTorch's (Keras: 0.004; optax: 0.0001), and 0 switches it off.
 *
 * As PyTorch's (`foreach=False`) to the bit, but for the square root, which here is always correctly rounded. Keras shrinks
 * first, too, and puts epsilon before the bias correction of v, as its Adam does. optax adds weightDecay * p to the update, and
 * multiplies the sum by the rate: the same but for rounding.
 *
 * Source: Loshchilov and Hutter, arXiv:1711.05101; torch/optim/adamw.py.
 */
export class AdamW<P extends object> extends Optimizer<AdamWOptions, P> {
  /** Parameters, options and errors as those of {@link RMSprop}. */
  constructor(params: Strict<P, AdamWOptions>, options?: AdamWOptions) {
    super(adamw, params, options);
  }
}
export interface AdamW<P extends object> extends Properties<AdamWOptions> {}
