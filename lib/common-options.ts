import { failure, show } from './errors.js';
import { type GradientOptions, gradientHyperparameters } from './gradient.js';
import type { Specification, Values } from './hyperparameters.js';
import {
  type OptimizerWideOptions,
  optimizerWideHyperparameters,
} from './optimizer-wide-options.js';
import { type ParameterOptions, parameterHyperparameters } from './parameter.js';
import { type SelectionOptions, selectionHyperparameters } from './selection.js';
import { type StorageOptions, storageHyperparameters } from './storage.js';
import { type TransformationOptions, transformationHyperparameters } from './transformation.js';

/** What every optimizer can do, whatever its rule. */
export interface CommonOptions
  extends GradientOptions,
    ParameterOptions,
    OptimizerWideOptions,
    SelectionOptions,
    TransformationOptions,
    StorageOptions {}

/** Options as properties of an optimizer; those that matter only when it is made can be read and not set. */
export type Properties<O extends StorageOptions, Initial extends keyof O = never> = Omit<
  Values<O>,
  Initial | InitialStorage
> &
  Readonly<Pick<Values<O>, Initial | InitialStorage>>;
type InitialStorage = 'stateType' | 'dtype' | 'masterCopy';

export const commonHyperparameters: Specification<CommonOptions> = {
  ...transformationHyperparameters,
  ...gradientHyperparameters,
  ...parameterHyperparameters,
  ...selectionHyperparameters,
  ...optimizerWideHyperparameters,
  ...storageHyperparameters,
};

/** Throws if options that every optimizer has, each good in itself, do not go together. */
export function checkCommonOptions(h: Values<object>, where: string) {
  const { lowerBound, upperBound, dynamicLossScale, onNonFinite } = h as Values<CommonOptions>;
  if (lowerBound > upperBound) {
    const expected = `${where}.lowerBound to be at most ${where}.upperBound, ${upperBound}`;
    throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, show(lowerBound));
  }
  if (dynamicLossScale && onNonFinite === 'throw') {
    const expected = `${where}.onNonFinite to be 'skip' or 'propagate' where dynamicLossScale is true, which skips`;
    throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, show(onNonFinite));
  }
}
