import type { Properties } from '../../common-options.js';
import { Lion, type LionOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';

/** {@link Lion} for TensorFlow.js, which has no such optimizer. */
export class LionOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/Lion';

  constructor(options: LionOptions = {}) {
    super(Lion, options);
  }
}
export interface LionOptimizer extends Properties<LionOptions> {}
