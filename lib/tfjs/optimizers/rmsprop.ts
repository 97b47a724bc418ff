import type { Properties } from '../../common-options.js';
import { presets } from '../../presets.js';
import { RMSprop, type RMSpropOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';
import { epsilonOr, isOptions, required } from './arguments.js';

/** {@link RMSprop} for TensorFlow.js: takes the place of tf.RMSPropOptimizer. */
export class RMSPropOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/RMSprop';

  /**
   * With the arguments of tf.train.rmsprop, what that computes: `presets.tfjs`, except that `centered` adds epsilon to the
   * variance where TensorFlow.js subtracts it.
   */
  constructor(
    learningRate: number,
    decay?: number,
    momentum?: number,
    epsilon?: number | null,
    centered?: boolean,
  );
  constructor(options: RMSpropOptions);
  constructor(
    first: number | RMSpropOptions,
    decay = 0.9,
    momentum = 0,
    epsilon: number | null = null,
    centered = false,
  ) {
    const options = () => ({
      ...presets.tfjs,
      learningRate: required(first as number),
      decay,
      momentum,
      epsilon: epsilonOr(epsilon),
      centered,
    });
    super(RMSprop, isOptions(first) ? first : options(), {
      squareAverage: 'rms',
      momentumBuffer: 'momentum',
      gradientAverage: 'mg',
    });
  }
}
export interface RMSPropOptimizer extends Properties<RMSpropOptions, 'initialSquareAverage'> {}
