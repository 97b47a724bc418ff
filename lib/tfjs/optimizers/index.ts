import { serialization } from '@tensorflow/tfjs-core';
import { AdadeltaOptimizer } from './adadelta.js';
import { AdagradOptimizer } from './adagrad.js';
import { AdamOptimizer } from './adam.js';
import { AdamaxOptimizer } from './adamax.js';
import { AdamWOptimizer } from './adamw.js';
import { LionOptimizer } from './lion.js';
import { MomentumOptimizer } from './momentum.js';
import { NAdamOptimizer } from './nadam.js';
import { ProdigyRMSPropOptimizer } from './prodigy-rmsprop.js';
import { RMSPropOptimizer } from './rmsprop.js';
import { RpropOptimizer } from './rprop.js';
import { ScheduleFreeAdamWOptimizer } from './schedule-free-adamw.js';
import { ScheduleFreeRMSPropOptimizer } from './schedule-free-rmsprop.js';
import { SGDOptimizer } from './sgd.js';

/** Every optimizer, by the name of the function that makes it. */
export const optimizers = {
  rmsprop: RMSPropOptimizer,
  sgd: SGDOptimizer,
  momentum: MomentumOptimizer,
  adam: AdamOptimizer,
  adamw: AdamWOptimizer,
  nadam: NAdamOptimizer,
  adagrad: AdagradOptimizer,
  adadelta: AdadeltaOptimizer,
  adamax: AdamaxOptimizer,
  rprop: RpropOptimizer,
  lion: LionOptimizer,
  scheduleFreeRMSprop: ScheduleFreeRMSPropOptimizer,
  scheduleFreeAdamW: ScheduleFreeAdamWOptimizer,
  prodigyRMSprop: ProdigyRMSPropOptimizer,
} as const;

for (const Class of Object.values<unknown>(optimizers)) {
  serialization.registerClass(
    Class as serialization.SerializableConstructor<serialization.Serializable>,
  );
}
