import type { Properties } from '../../common-options.js';
import { AdamW, type AdamWOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';

/** {@link AdamW} for TensorFlow.js, which has no such optimizer. */
export class AdamWOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/AdamW';

  constructor(options: AdamWOptions = {}) {
    super(AdamW, options);
  }
}
export interface AdamWOptimizer extends Properties<AdamWOptions> {}
