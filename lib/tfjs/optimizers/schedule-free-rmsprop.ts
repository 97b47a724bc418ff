import type { Properties } from '../../common-options.js';
import { ScheduleFreeRMSprop, type ScheduleFreeRMSpropOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';

/**
 * {@link ScheduleFreeRMSprop} for TensorFlow.js, which has no such optimizer: `swapInAverages` before an evaluation, `swapOutAverages` after it.
 */
export class ScheduleFreeRMSPropOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/ScheduleFreeRMSprop';

  constructor(options: ScheduleFreeRMSpropOptions = {}) {
    super(ScheduleFreeRMSprop, options);
  }
}
export interface ScheduleFreeRMSPropOptimizer extends Properties<ScheduleFreeRMSpropOptions> {}
