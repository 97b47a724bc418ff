import type { Properties } from '../../common-options.js';
import { Adadelta, type AdadeltaOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';
import { epsilonOr, isOptions } from './arguments.js';

/** {@link Adadelta} for TensorFlow.js: takes the place of tf.AdadeltaOptimizer. */
export class AdadeltaOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/Adadelta';

  /**
   * With the arguments of tf.train.adadelta, what those stand for. TensorFlow.js divides by the average of squares as it was
   * before the gradient entered it, which makes the first step as large as the gradient; Zeiler, and this, by the new one.
   */
  constructor(learningRate?: number, rho?: number, epsilon?: number | null);
  constructor(options: AdadeltaOptions);
  constructor(first: number | AdadeltaOptions = 0.001, rho = 0.95, epsilon: number | null = null) {
    const options = () => ({
      learningRate: first as number,
      decay: rho,
      epsilon: epsilonOr(epsilon),
    });
    super(Adadelta, isOptions(first) ? first : options(), {
      squareAverage: 'accum_grad',
      squareUpdateAverage: 'accum_var',
    });
  }
}
export interface AdadeltaOptimizer extends Properties<AdadeltaOptions> {}
