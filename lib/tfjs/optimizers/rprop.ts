import type { Properties } from '../../common-options.js';
import { Rprop, type RpropOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';

/** {@link Rprop} for TensorFlow.js, which has no such optimizer. */
export class RpropOptimizer extends VariableOptimizer {
  static className = 'rmsprop/tfjs/Rprop';

  constructor(options: RpropOptions = {}) {
    super(Rprop, options);
  }
}
export interface RpropOptimizer extends Properties<RpropOptions> {}
