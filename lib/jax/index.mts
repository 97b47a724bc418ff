/**
 * Optimizers for parameters of jax-js.
 *
 * @packageDocumentation
 */

import * as jax from '@jax-js/jax';
import { createWrap } from './wrap.js';

export type { OptimizerClass, Training } from './wrap.js';

/** @function */
export const wrap = createWrap(jax);
