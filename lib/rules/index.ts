import { adadelta } from './adadelta.js';
import { adagrad } from './adagrad.js';
import { adam } from './adam.js';
import { adamax } from './adamax.js';
import { adamw } from './adamw.js';
import { lion } from './lion.js';
import { nadam } from './nadam.js';
import { prodigyRMSprop } from './prodigy-rmsprop.js';
import { rmsprop } from './rmsprop.js';
import { rprop } from './rprop.js';
import { scheduleFreeAdamW } from './schedule-free-adamw.js';
import { scheduleFreeRMSprop } from './schedule-free-rmsprop.js';
import { sgd } from './sgd.js';

export { Adadelta, type AdadeltaOptions } from './adadelta.js';
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions } from './adam.js';
export { Adamax, type AdamaxOptions } from './adamax.js';
export { AdamW, type AdamWOptions } from './adamw.js';
export { Lion, type LionOptions } from './lion.js';
export { NAdam, type NAdamOptions } from './nadam.js';
export { ProdigyRMSprop, type ProdigyRMSpropOptions } from './prodigy-rmsprop.js';
export { RMSprop, type RMSpropOptions } from './rmsprop.js';
export { Rprop, type RpropOptions } from './rprop.js';
export type { ScheduleFreeOptions } from './schedule-free.js';
export { ScheduleFreeAdamW, type ScheduleFreeAdamWOptions } from './schedule-free-adamw.js';
export { ScheduleFreeRMSprop, type ScheduleFreeRMSpropOptions } from './schedule-free-rmsprop.js';
export { SGD, type SGDOptions } from './sgd.js';

/** Every rule: the table that tests iterate over. */
export const rules = {
  rmsprop,
  sgd,
  adam,
  adamw,
  nadam,
  adagrad,
  adadelta,
  adamax,
  rprop,
  lion,
  scheduleFreeRMSprop,
  scheduleFreeAdamW,
  prodigyRMSprop,
} as const;
