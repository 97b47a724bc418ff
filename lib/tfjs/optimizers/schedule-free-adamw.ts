import type { Properties } from '../../common-options.js';
import { ScheduleFreeAdamW, type ScheduleFreeAdamWOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';

/**
 * {@link ScheduleFreeAdamW} for TensorFlow.js, which has no such optimizer: `swapInAverages` before an evaluation, `swapOutAverages` after it.
 */
export class ScheduleFreeAdamWOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/ScheduleFreeAdamW';

  constructor(options: ScheduleFreeAdamWOptions = {}) {
    super(ScheduleFreeAdamW, options);
  }
}
export interface ScheduleFreeAdamWOptimizer extends Properties<ScheduleFreeAdamWOptions> {}
