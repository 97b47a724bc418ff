import { backend } from '@tensorflow/tfjs-core';
import type { Properties } from '../../common-options.js';
import { Adagrad, type AdagradOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';
import { isOptions, required } from './arguments.js';

/** {@link Adagrad} for TensorFlow.js: takes the place of tf.AdagradOptimizer. */
export class AdagradOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/Adagrad';

  /**
   * With the arguments of tf.train.adagrad, what that computes: its epsilon, which it adds to the sum inside the root, is
   * in what the sum starts from.
   */
  constructor(learningRate: number, initialAccumulatorValue?: number);
  constructor(options: AdagradOptions);
  constructor(first: number | AdagradOptions, initialAccumulatorValue = 0.1) {
    const options = () => ({
      learningRate: required(first as number),
      epsilon: 0,
      initialAccumulator: initialAccumulatorValue + backend().epsilon(),
    });
    super(Adagrad, isOptions(first) ? first : options(), { squareSum: 'accumulator' });
  }
}
export interface AdagradOptimizer extends Properties<AdagradOptions, 'initialAccumulator'> {}
