import { type GradientOptions, gradientHyperparameters } from './gradient.js';
import type { Specification } from './hyperparameters.js';
import { type StorageOptions, storageHyperparameters } from './storage.js';

/** What every optimizer can do, whatever its rule. */
export interface CommonOptions extends GradientOptions, StorageOptions {}

/** Options as properties of an optimizer; those that matter only when it is made can be read and not set. */
export type Properties<O extends CommonOptions, Initial extends keyof O = never> = Required<
  Omit<O, Initial | InitialStorage> & Readonly<Pick<O, Initial | InitialStorage>>
>;
type InitialStorage = 'stateType' | 'dtype' | 'masterCopy';

export const commonHyperparameters: Specification<CommonOptions> = {
  ...gradientHyperparameters,
  ...storageHyperparameters,
};
