import type { serialization } from '@tensorflow/tfjs-core';
import type { Properties } from '../../common-options.js';
import { checkValue, nonNegative } from '../../hyperparameters.js';
import { Adamax, type AdamaxOptions } from '../../rules/index.js';
import type { VariableGradients } from '../gradients.js';
import { VariableOptimizer } from '../optimizer.js';
import { epsilonOr, isOptions } from './arguments.js';

/** The options of Adamax, and the one that tf.train has more. */
export interface DecayingAdamaxOptions extends AdamaxOptions {
  /**
   * How fast the step size falls: after i iterations it is learningRate / (1 + i * learningRateDecay). Domain: at least 0.
   * Default: 0. The `decay` of tf.train.adamax.
   */
  learningRateDecay?: number | undefined;
}

const specification = { learningRateDecay: nonNegative(0) };

/** {@link Adamax} for TensorFlow.js: takes the place of tf.AdamaxOptimizer. */
export class AdamaxOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/Adamax';
  #learningRateDecay = 0;

  /**
   * With the arguments of tf.train.adamax, what that computes, but that epsilon is added to the size of a gradient, as in
   * PyTorch, and not where it divides: only gradients about as small as epsilon tell the difference.
   */
  constructor(
    learningRate?: number,
    beta1?: number,
    beta2?: number,
    epsilon?: number | null,
    decay?: number,
  );
  constructor(options: DecayingAdamaxOptions);
  constructor(
    first: number | DecayingAdamaxOptions = 0.002,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon: number | null = null,
    decay = 0,
  ) {
    const { learningRateDecay = 0, ...options } = isOptions(first)
      ? first
      : {
          learningRateDecay: decay,
          learningRate: first,
          beta1,
          beta2,
          epsilon: epsilonOr(epsilon),
        };
    super(Adamax, options, { gradientAverage: 'm', infinityNorm: 'v' });
    this.learningRateDecay = learningRateDecay;
  }

  /** See {@link DecayingAdamaxOptions.learningRateDecay}; holds from the next step on. */
  get learningRateDecay(): number {
    return this.#learningRateDecay;
  }

  /** @throws TypeError, RangeError ERR_INVALID_OPTION */
  set learningRateDecay(value: number) {
    checkValue(specification, 'learningRateDecay', value, 'options.learningRateDecay');
    this.#learningRateDecay = value;
  }

  override applyGradients(variableGradients: VariableGradients): void {
    const { learningRate } = this;
    this.learningRate = learningRate / (1 + this.iterations * this.#learningRateDecay);
    try {
      super.applyGradients(variableGradients);
    } finally {
      this.learningRate = learningRate;
    }
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), learningRateDecay: this.#learningRateDecay };
  }
}
export interface AdamaxOptimizer extends Properties<AdamaxOptions> {}
