import type { Properties } from '../../common-options.js';
import { SGD, type SGDOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';
import { isOptions, required } from './arguments.js';

/** {@link SGD} for TensorFlow.js: takes the place of tf.SGDOptimizer. */
export class SGDOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/SGD';

  /** With a learning rate, what tf.train.sgd computes. */
  constructor(learningRate: number);
  constructor(options: SGDOptions);
  constructor(first: number | SGDOptions) {
    const options = isOptions(first) ? first : { learningRate: required(first) };
    super(SGD, options, { momentumBuffer: 'momentum' });
  }
}
export interface SGDOptimizer extends Properties<SGDOptions> {}
