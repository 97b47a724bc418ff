import type { Properties } from '../../common-options.js';
import { Adam, type AdamOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';
import { epsilonOr, isOptions } from './arguments.js';

/** {@link Adam} for TensorFlow.js: takes the place of tf.AdamOptimizer. */
export class AdamOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/Adam';

  /** With the arguments of tf.train.adam, what that computes. */
  constructor(learningRate?: number, beta1?: number, beta2?: number, epsilon?: number | null);
  constructor(options: AdamOptions);
  constructor(
    first: number | AdamOptions = 0.001,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon: number | null = null,
  ) {
    const options = () => ({
      learningRate: first as number,
      beta1,
      beta2,
      epsilon: epsilonOr(epsilon),
    });
    super(Adam, isOptions(first) ? first : options(), { gradientAverage: 'm', squareAverage: 'v' });
  }
}
export interface AdamOptimizer extends Properties<AdamOptions> {}
