/** A process that trains what its parent asks for, and says what came of it. */
import { configure } from 'rmsprop';
import { methods } from './methods.mts';
import { tasks } from './tasks.mts';
import { run } from './trial.mts';

export interface Request {
  readonly task: string;
  readonly method: string;
  readonly rate: number;
  readonly seed: number;
  readonly steps: number;
}

configure({ threads: 1 });
process.on('message', ({ task, method, rate, seed, steps }: Request) => {
  const found = tasks.find(({ name }) => name === task);
  const by = methods.find(({ name }) => name === method);
  if (!found || !by) throw new Error(`No task ${task}, or no method ${method}`);
  process.send?.(run(found, by, rate, seed, steps));
});
