import type { Properties } from '../../common-options.js';
import { Rprop, type RpropOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';

/** {@link Rprop} for TensorFlow.js, which has no such optimizer. */
export class RpropOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/Rprop';

  constructor(options: RpropOptions = {}) {
    super(Rprop, options);
  }
}
export interface RpropOptimizer extends Properties<RpropOptions> {}
