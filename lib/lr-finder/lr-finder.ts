import { memoryFault } from '../check.js';
import { failure, show } from '../errors.js';
import { checkValue, type Values, valuesWith } from '../hyperparameters.js';
import { type Insides, requireInsides } from '../insides.js';
import type { AnyOptimizer } from '../optimizer.js';
import type { StepGroup } from '../step-group.js';
import { LearningRateCurve, type SweepEnd } from './curve.js';
import { type LrFinderOptions, readLrFinderOptions, type SweepSettings } from './options.js';
import { rateAt } from './rates.js';
import { Smoothing } from './smoothing.js';
import { optionsOf, takeSnapshot } from './snapshot.js';

/** What a mini-batch gives at the parameters as they are. */
export interface BatchResult<G> {
  /** The less the better, also where `maximize` has the optimizer ascend; not multiplied by `lossScale`, as gradients are. */
  loss: number;
  /** What the optimizer's `step` takes. */
  gradients: G;
}

/**
 * The learning-rate range test: a short training with a rate that grows from step to step, until the loss explodes. The
 * curve of the losses over the rates shows which are too small to learn and which too large, and suggests one.
 *
 *     rate i = minimum * (maximum / minimum)^(i / (steps - 1)),    i from 0 to steps - 1
 *
 * The loss of a rate is that of the batch before the step with it. Groups keep the ratios of their rates: those of the curve
 * are the first group's. The steps are those of `stepAsync`, with its bits.
 *
 * The optimizer makes them with a copy of its state. When the promise is settled, however that is, the parameters have the
 * bytes that they had, and the optimizer has the state and the hyperparameters. What else `batch` changes, such as the
 * statistics of batch normalization or the place in a data set, is the caller's to restore. With `accumulationSteps`, a rate
 * that comes between two updates shows the loss of the one before.
 *
 * The test waits for its turn, as `stepAsync` does, and whoever else asks meanwhile waits for the test, or is refused as busy:
 * also within `batch`, which must not wait for another promise of this optimizer. Hyperparameters that are set meanwhile, such
 * as the rate by a scheduler that `batch` calls, hold neither in the test nor when it is over. It needs memory for a second
 * set of parameters and states.
 *
 * Start from parameters as training would. Most of the test is over before rates are large enough to learn, which for rules
 * that divide by a past of gradients, such as Adagrad, means a past that training would not have.
 *
 * Rejects with TypeError ERR_INVALID_OPTION: also an optimizer whose rule looks at the rate at its first step only, Rprop, and
 * what `batch` gives; TypeError ERR_UNKNOWN_OPTION; RangeError ERR_INVALID_OPTION: also rates that a group cannot have,
 * ERR_CONFLICTING_OPTIONS, ERR_OUT_OF_MEMORY; the errors of `stepAsync`; the signal's reason; what `batch` and `onProgress`
 * throw.
 *
 * Source: Smith, arXiv:1506.01186, whose rates grow linearly; fastai's lr_find, whose defaults these are but for the
 * smoothing; PyTorch Lightning's lr_find, which gives all groups the same rate.
 *
 * @param batch gives the loss and the gradients of the next mini-batch, or a promise of them; it may use the same arrays again
 * at the next call. Its argument counts the calls, from 0
 */
export async function lrFinder<G>(
  optimizer: AnyOptimizer & { step(gradients: G): void },
  batch: (index: number) => BatchResult<G> | Promise<BatchResult<G>>,
  options?: LrFinderOptions,
): Promise<LearningRateCurve> {
  const insides = requireInsides(optimizer, 'optimizer');
  if (insides.rule.ignoresLaterRates) {
    const expected = 'optimizer to be one that looks at the learning rate at every step';
    throw failure(TypeError, 'ERR_INVALID_OPTION', expected, insides.rule.name);
  }
  if (typeof batch !== 'function') {
    throw failure(TypeError, 'ERR_INVALID_OPTION', 'batch to be a function', show(batch));
  }
  const { settings, signal } = readLrFinderOptions(options);
  const groups = insides.groupsOfNow();
  return insides.takeTurn(
    'lrFinder()',
    async () => {
      const groupsAt = ratesOfGroups(insides, groups(), settings.maximum);
      const fault = memoryFault(insides.parameters());
      if (fault) throw fault;
      const restore = takeSnapshot(insides);
      try {
        return await sweep(insides, groupsAt, batch, settings, signal);
      } finally {
        restore();
      }
    },
    signal,
  );
}

async function sweep(
  insides: Insides,
  groupsAt: (rate: number) => StepGroup[],
  batch: (index: number) => unknown,
  settings: SweepSettings,
  signal: AbortSignal | undefined,
): Promise<LearningRateCurve> {
  const { steps, divergence } = settings;
  const smoothing = new Smoothing(settings.smoothing);
  const rates: number[] = [];
  const losses: number[] = [];
  const smoothedLosses: number[] = [];
  const curve = (end: SweepEnd) => new LearningRateCurve(rates, losses, smoothedLosses, end, steps);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < steps; i++) {
    const result = await batch(i);
    signal?.throwIfAborted();
    const { loss, gradients } = readBatch(result, i);
    const learningRate = rateAt(i, settings);
    const smoothedLoss = smoothing.next(loss);
    rates.push(learningRate);
    losses.push(loss);
    smoothedLosses.push(smoothedLoss);
    settings.onProgress({ step: i + 1, steps, learningRate, loss, smoothedLoss });
    signal?.throwIfAborted();

    if (!Number.isFinite(smoothedLoss)) return curve('not finite');
    best = Math.min(best, smoothedLoss);
    // For losses above 0 that is divergence * best; a loss of -1 can rise as far as one of 1.
    if (smoothedLoss > best + (divergence - 1) * Math.abs(best)) return curve('diverged');
    if (i === steps - 1) break;
    try {
      await insides.stepInTurn(gradients, groupsAt(learningRate), signal);
    } catch (error) {
      // An optimizer that refuses such gradients is as much at its end as a loss is.
      if ((error as { code?: unknown } | null)?.code !== 'ERR_GRADIENT_NOT_FINITE') throw error;
      return curve('not finite');
    }
  }
  return curve('maximum');
}

/** The groups with the rates that they have where the first one has this rate. Throws if the highest is one too high. */
function ratesOfGroups(insides: Insides, groups: readonly StepGroup[], highest: number) {
  const own = groups.map(({ values }) => (values as Values<{ learningRate: number }>).learningRate);
  const first = own[0] as number;
  // Groups of one rate need no ratio, even if that is 0.
  const ratios = own.map((rate) => (rate === first ? 1 : rate / first));
  for (const [k, ratio] of ratios.entries()) {
    const where = `${groups[k]?.path}.learningRate, in its ratio to that of the first group,`;
    checkValue(insides.rule.hyperparameters, 'learningRate', ratio * highest, where);
  }
  return (rate: number) =>
    groups.map((group, k) => {
      const learningRate = rate * (ratios[k] as number);
      // A dynamic loss scale changes with the steps, and the batch looks at it.
      const { lossScale } = optionsOf(insides);
      return group.with(valuesWith(group.values, { learningRate, lossScale }));
    });
}

function readBatch(result: unknown, i: number): BatchResult<unknown> {
  const fail = (expected: string, received: unknown) =>
    failure(TypeError, 'ERR_INVALID_OPTION', expected, show(received));
  if (typeof result !== 'object' || result === null) {
    throw fail(`batch(${i}) to give { loss, gradients }`, result);
  }
  const { loss, gradients } = result as BatchResult<unknown>;
  if (typeof loss !== 'number') throw fail(`batch(${i}).loss to be a number`, loss);
  if (gradients === undefined) {
    throw fail(`batch(${i}).gradients to be what the optimizer's step() takes`, gradients);
  }
  return { loss, gradients };
}
