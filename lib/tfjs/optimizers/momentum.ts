import type { Properties } from '../../common-options.js';
import { SGD, type SGDOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';
import { isOptions, required } from './arguments.js';

/** {@link SGD} with momentum for TensorFlow.js: takes the place of tf.MomentumOptimizer. */
export class MomentumOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/Momentum';

  /** With the arguments of tf.train.momentum, what that computes. */
  constructor(learningRate: number, momentum: number, useNesterov?: boolean);
  constructor(options: SGDOptions);
  constructor(first: number | SGDOptions, momentum = 0, useNesterov = false) {
    const options = () => ({
      learningRate: required(first as number),
      momentum,
      nesterov: useNesterov && momentum !== 0,
    });
    super(SGD, isOptions(first) ? first : options(), { momentumBuffer: 'momentum' });
  }

  /** Sets the momentum, as the property does. */
  setMomentum(momentum: number): void {
    this.momentum = momentum;
  }
}
export interface MomentumOptimizer extends Properties<SGDOptions> {}
