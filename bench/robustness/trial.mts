import { Scheduler } from 'rmsprop';
import type { Method } from './methods.mts';
import type { Task } from './task.mts';

/** What a training came to. */
export interface Trial {
  readonly task: string;
  readonly method: string;
  readonly rate: number;
  readonly seed: number;
  /** The loss on the test data before and after. */
  readonly initial: number;
  readonly final: number;
}

/** Trains, and tests at the end. */
export function run(task: Task, method: Method, rate: number, seed: number, steps: number): Trial {
  const training = task.start(seed);
  const initial = training.testLoss();
  const optimizer = method.create(training.parameters, rate, steps);
  const scheduler = method.schedule && new Scheduler(optimizer as never, method.schedule(steps));
  for (let step = 0; step < steps; step++) {
    const gradients = training.gradients();
    optimizer.step(gradients);
    scheduler?.step();
    // Nothing comes back from numbers that are not finite.
    if (!Object.values(gradients).every((values) => Number.isFinite(values[0]))) break;
  }
  if (method.averages) optimizer.swapInAverages();
  const final = training.testLoss();
  return { task: task.name, method: method.name, rate, seed, initial, final };
}
