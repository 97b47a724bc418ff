import type { Properties } from '../../common-options.js';
import { NAdam, type NAdamOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';

/** {@link NAdam} for TensorFlow.js, which has no such optimizer. */
export class NAdamOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/NAdam';

  constructor(options: NAdamOptions = {}) {
    super(NAdam, options);
  }
}
export interface NAdamOptimizer extends Properties<NAdamOptions> {}
