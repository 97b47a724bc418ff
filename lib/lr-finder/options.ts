import { type AsyncOptions, readSignal } from '../async-options.js';
import { failure, show } from '../errors.js';
import {
  aboveOne,
  type Hyperparameter,
  positive,
  positiveInteger,
  properFraction,
  readOptions,
  type Specification,
  type Values,
} from '../hyperparameters.js';

/** How far a range test is. */
export interface LrFinderProgress {
  /** How many batches have been seen. */
  readonly step: number;
  /** How many there will be if nothing stops the test. */
  readonly steps: number;
  /** The rate of the first group with which the last batch was stepped. */
  readonly learningRate: number;
  /** The loss of the last batch, before its step. */
  readonly loss: number;
  /** The exponential average of the losses so far, without the 0 that it starts from. */
  readonly smoothedLoss: number;
}

interface Sweep {
  /** The first rate. Domain: above 0. Default: 1e-7, as fastai's start_lr. */
  minimum?: number | undefined;
  /** The last rate. Domain: above `minimum`. Default: 10, as fastai's end_lr. */
  maximum?: number | undefined;
  /** How many rates are tried, each with one batch. Domain: integers of at least 1. Default: 100, as fastai's num_it. */
  steps?: number | undefined;
  /**
   * Weight of the past in the average of the losses. The larger it is, the less noise is left, and the later the average
   * shows what happens: by smoothing / (1 - smoothing) steps. Domain: [0, 1). Default: 0.9 (fastai, PyTorch Lightning: 0.98).
   */
  smoothing?: number | undefined;
  /** How many times the least smoothed loss a smoothed loss is when the test stops. Domain: above 1. Default: 4. */
  divergence?: number | undefined;
  /** Called after every batch. What it throws ends the test. */
  onProgress?: ((progress: LrFinderProgress) => void) | undefined;
}

export interface LrFinderOptions extends AsyncOptions, Sweep {
  /** Ends the test: the promise rejects with the signal's reason, once a batch that is being computed is there. */
  signal?: AbortSignal | undefined;
}

export type SweepSettings = Values<Sweep>;

const onProgress: Hyperparameter<(progress: LrFinderProgress) => void> = {
  default: () => {},
  expected: 'a function',
  type: 'function',
  accepts: () => true,
};

const specification: Specification<Sweep> = {
  minimum: positive(1e-7),
  maximum: positive(10),
  steps: positiveInteger(100),
  smoothing: properFraction(0.9),
  divergence: aboveOne(4),
  onProgress,
};

export function readLrFinderOptions(options: unknown) {
  const signal = readSignal(options, [...Object.keys(specification), 'signal']);
  const { signal: _, ...own } = (options ?? {}) as LrFinderOptions;
  const settings: SweepSettings = readOptions(specification, own, 'options');
  const { minimum, maximum } = settings;
  if (minimum < maximum) return { settings, signal };
  const expected = `options.maximum to be above options.minimum, ${minimum}`;
  throw failure(RangeError, 'ERR_CONFLICTING_OPTIONS', expected, show(maximum));
}
