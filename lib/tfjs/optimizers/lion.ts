import type { Properties } from '../../common-options.js';
import { Lion, type LionOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';

/** {@link Lion} for TensorFlow.js, which has no such optimizer. */
export class LionOptimizer extends VariableOptimizer {
  static className = 'rmsprop/tfjs/Lion';

  constructor(options: LionOptions = {}) {
    super(Lion, options);
  }
}
export interface LionOptimizer extends Properties<LionOptions> {}
