import { configure, runtime, Scheduler } from 'rmsprop';
import { local, measure } from '../measure.mts';
import { ratiosOf, type Spread } from '../spread.mts';
import { createTensors, parseShape } from '../tensors.mts';
import type { Method } from './methods.mts';

export interface Cost {
  readonly method: string;
  readonly size: string;
  readonly threads: number;
  /** Time of a step over that of the first method. */
  readonly ratio: Spread;
}

/** As if for so many steps. */
const steps = 1000;

export const sizes = ['16K', '256K', '4M'];

/** Times the steps of all methods in turn. The rate is one that caps lower. */
export async function costs(methods: readonly Method[], seconds: number): Promise<Cost[]> {
  const all = runtime().threads;
  const found: Cost[] = [];
  for (const size of sizes) {
    const { parameters, gradients } = createTensors(parseShape(size));
    const [w, g] = [parameters[0], gradients[0]];
    for (const threads of new Set([1, all])) {
      configure({ threads });
      const hosts = Object.fromEntries(
        methods.map((method) => {
          const optimizer = method.create({ w: w.slice() }, 0.1, steps);
          // Nothing but the beginning of a schedule: it is no part of a step.
          if (method.schedule) new Scheduler(optimizer as never, method.schedule(steps));
          return [method.name, local(() => optimizer.step({ w: g }))];
        }),
      );
      const budget = { seconds, timing: 2, leastRounds: 5, leastTimings: 0 };
      const { nanoseconds } = await measure(hosts, {}, budget);
      const reference = nanoseconds[methods[0].name];
      for (const { name } of methods) {
        found.push({ method: name, size, threads, ratio: ratiosOf(nanoseconds[name], reference) });
      }
    }
  }
  configure({ threads: all });
  return found;
}
