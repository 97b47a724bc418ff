import { configure } from 'rmsprop';
import { contenders, type Stepper } from '../contenders.mts';
import { createTensors, type Shape } from '../tensors.mts';

/** How long the event loop is held, in microseconds, over all steps. */
export interface Held {
  readonly median: number;
  readonly percentile95: number;
}

export interface Result {
  readonly name: string;
  readonly shape: Shape;
  readonly threads: number;
  /** By a synchronous step. */
  readonly synchronous: Held;
  /** By the call of an asynchronous one. */
  readonly call: Held;
  /** By the longest turn of the event loop while the step is made, the last one included, which resolves the promise. */
  readonly turn: Held;
  /** From the call to the resolved promise. */
  readonly asynchronous: Held;
  readonly steps: number;
}

/** Times synchronous and asynchronous steps in turn. */
export async function measureHeld(shape: Shape, threads: number, seconds: number) {
  const results: Result[] = [];
  const tensors = createTensors(shape);
  for (const { key, name, create } of contenders) {
    if (key !== 'rmsprop' && key !== 'adam') continue;
    configure({ threads });
    const optimizer = create(tensors.parameters);
    const times: Record<'synchronous' | 'call' | 'turn' | 'asynchronous', number[]> = {
      synchronous: [],
      call: [],
      turn: [],
      asynchronous: [],
    };
    const end = performance.now() + 1e3 * seconds;
    for (let t = 0; t < 10 || performance.now() < end; t++) {
      const start = performance.now();
      optimizer.step(tensors.gradients);
      const stop = performance.now();
      const background = await watch(optimizer, tensors.gradients);
      if (t < 5) continue; // compilers and caches warm up
      times.synchronous.push(stop - start);
      for (const [part, time] of Object.entries(background)) times[part].push(time);
    }
    results.push({
      name,
      shape,
      threads,
      synchronous: held(times.synchronous),
      call: held(times.call),
      turn: held(times.turn),
      asynchronous: held(times.asynchronous),
      steps: times.call.length,
    });
  }
  return results;
}

/** One asynchronous step, while the event loop has nothing else to do than to look at the clock. */
async function watch(optimizer: Stepper, gradients: Float32Array[]) {
  let turn = 0;
  let over = false;
  const start = performance.now();
  const step = optimizer.stepAsync(gradients);
  let last = performance.now();
  const call = last - start;
  const look = () => {
    const now = performance.now();
    turn = Math.max(turn, now - last);
    last = now;
    if (!over) setImmediate(look);
  };
  setImmediate(look);
  await step;
  const asynchronous = performance.now() - start;
  over = true;
  await new Promise((resolve) => setImmediate(resolve));
  return { call, turn, asynchronous };
}

function held(milliseconds: number[]): Held {
  const sorted = milliseconds.map((time) => 1e3 * time).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  return { median: at(0.5), percentile95: at(0.95) };
}
