import { type GradientOptions, gradientHyperparameters } from './gradient.js';
import type { Specification } from './hyperparameters.js';
import { type StorageOptions, storageHyperparameters } from './storage.js';

/** What every optimizer can do, whatever its rule. */
export interface CommonOptions extends GradientOptions, StorageOptions {}

export const commonHyperparameters: Specification<CommonOptions> = {
  ...gradientHyperparameters,
  ...storageHyperparameters,
};
