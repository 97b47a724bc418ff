/**
 * The optimizers of this package for TensorFlow.js: subclasses of tf.Optimizer, whose step the kernel makes in the memory of
 * the backend. Needs `@tensorflow/tfjs-core`, which `@tensorflow/tfjs` brings along.
 *
 * @packageDocumentation
 */

export { VariableOptimizer } from './optimizer.js';
export { AdadeltaOptimizer } from './optimizers/adadelta.js';
export { AdagradOptimizer } from './optimizers/adagrad.js';
export { AdamOptimizer } from './optimizers/adam.js';
export { AdamaxOptimizer, type DecayingAdamaxOptions } from './optimizers/adamax.js';
export { AdamWOptimizer } from './optimizers/adamw.js';
export { LionOptimizer } from './optimizers/lion.js';
export { MomentumOptimizer } from './optimizers/momentum.js';
export { NAdamOptimizer } from './optimizers/nadam.js';
export { ProdigyRMSPropOptimizer } from './optimizers/prodigy-rmsprop.js';
export { RMSPropOptimizer } from './optimizers/rmsprop.js';
export { RpropOptimizer } from './optimizers/rprop.js';
export { ScheduleFreeAdamWOptimizer } from './optimizers/schedule-free-adamw.js';
export { ScheduleFreeRMSPropOptimizer } from './optimizers/schedule-free-rmsprop.js';
export { SGDOptimizer } from './optimizers/sgd.js';
export { takeOver } from './take-over.js';
export { train } from './train.js';
