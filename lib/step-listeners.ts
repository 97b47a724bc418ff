import { nextTick } from 'node:process';
import { failure, show } from './errors.js';
import {
  positiveInteger,
  readOptions,
  type Specification,
  type Values,
} from './hyperparameters.js';
import type { GroupRange } from './saved-state.js';
import type { Counters } from './state.js';
import { copyResult, type StepResult } from './step-control.js';

/** What a listener is told of a step, in an object of its own. */
export interface StepEvent extends StepResult {
  /** Updates that have been made, also before checkpoints and of tensors that are frozen now. */
  readonly step: number;
  /** The rates of the groups at this step: those that were found, where the rule finds its own. */
  readonly learningRates: readonly number[];
}

/** What `onStep` calls. What it throws is an uncaught exception of the process, and undoes nothing. */
export type StepListener = (event: StepEvent) => void;

/** What a listener wants to be told, beside the results of steps. */
export interface ListenerOptions {
  /**
   * Asks for a report at every so many updates: at those whose number is a multiple of it. All listeners get the reports that
   * one asks for. Domain: integers of at least 1. Default: none is asked for.
   */
  reportEvery?: number | undefined;
}

const specification: Specification<ListenerOptions> = {
  reportEvery: { ...positiveInteger(), default: Number.POSITIVE_INFINITY },
};

interface Subscription {
  readonly listener: StepListener;
  readonly reportEvery: number;
}

/** Those who are told of the steps of an optimizer. */
export class StepListeners {
  /** Never written to: a listener may add others. */
  #all: readonly Subscription[] = [];

  get any(): boolean {
    return this.#all.length > 0;
  }

  /** Returns what ends the subscription. */
  add(listener: unknown, options: unknown): () => void {
    if (typeof listener !== 'function') {
      const expected = 'listener to be a function';
      throw failure(TypeError, 'ERR_INVALID_OPTION', expected, show(listener));
    }
    const { reportEvery } = readOptions(specification, options, 'options');
    const own: Subscription = { listener: listener as StepListener, reportEvery };
    this.#all = [...this.#all, own];
    return () => {
      this.#all = this.#all.filter((one) => one !== own);
    };
  }

  /** Whether anybody asks for a report of the next update. */
  wantReport({ updates }: Counters): boolean {
    return this.any && this.#areDue(updates + 1);
  }

  #areDue(update: number): boolean {
    return this.#all.some(({ reportEvery }) => update % reportEvery === 0);
  }

  /** Tells all of a step that is over. */
  tell(
    result: StepResult,
    groups: readonly GroupRange[],
    { updates: step }: Counters,
    rateOf: (values: Values<object>) => number,
  ) {
    if (!this.any) return;
    const learningRates = groups.map(({ values }) => rateOf(values));
    for (const subscription of this.#all) {
      if (!this.#all.includes(subscription)) continue; // one that was called before has ended it
      try {
        subscription.listener({ step, learningRates: [...learningRates], ...copyResult(result) });
      } catch (error) {
        // The step has been made: a call that throws would say that it has not.
        nextTick(() => {
          throw error;
        });
      }
    }
  }
}
