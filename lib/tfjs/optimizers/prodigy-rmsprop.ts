import type { Properties } from '../../common-options.js';
import { ProdigyRMSprop, type ProdigyRMSpropOptions } from '../../rules/index.js';
import { VariableOptimizer } from '../optimizer.js';

/**
 * {@link ProdigyRMSprop} for TensorFlow.js, which has no such optimizer. A schedule sets `scheduleFactor`.
 */
export class ProdigyRMSPropOptimizer extends VariableOptimizer {
  /** The name in saved models, another than tf's own: either can be loaded beside the other. */
  static className = 'rmsprop/tfjs/ProdigyRMSprop';

  constructor(options: ProdigyRMSpropOptions = {}) {
    super(ProdigyRMSprop, options);
  }
}
export interface ProdigyRMSPropOptimizer extends Properties<ProdigyRMSpropOptions> {}
