import { configure } from 'rmsprop';
import { contenders } from '../contenders.mts';
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
  /** By the longest turn in as much time without a step: what the system takes. */
  readonly quiet: Held;
  /** From the call to the resolved promise. */
  readonly asynchronous: Held;
  readonly steps: number;
}

/** Times synchronous steps, then asynchronous ones: the former would leave this thread's caches cold for the latter. */
export async function measureHeld(shape: Shape, threads: number, seconds: number) {
  const results: Result[] = [];
  const tensors = createTensors(shape);
  for (const { key, name, create } of contenders) {
    if (key !== 'rmsprop' && key !== 'adam') continue;
    configure({ threads });
    const optimizer = create(tensors.parameters);
    const times: Record<'synchronous' | 'call' | 'turn' | 'asynchronous' | 'quiet', number[]> = {
      synchronous: [],
      call: [],
      turn: [],
      asynchronous: [],
      quiet: [],
    };
    await repeat(seconds, async () => {
      const start = performance.now();
      optimizer.step(tensors.gradients);
      return () => times.synchronous.push(performance.now() - start);
    });
    await repeat(2 * seconds, async () => {
      const step = await watch(() => optimizer.stepAsync(tensors.gradients));
      const pause = await watch(() => looks(step.asynchronous));
      return () => {
        times.call.push(step.call);
        times.turn.push(step.turn);
        times.asynchronous.push(step.asynchronous);
        times.quiet.push(pause.turn);
      };
    });
    results.push({
      name,
      shape,
      threads,
      synchronous: held(times.synchronous),
      call: held(times.call),
      turn: held(times.turn),
      asynchronous: held(times.asynchronous),
      quiet: held(times.quiet),
      steps: times.call.length,
    });
  }
  return results;
}

/** Does something again and again, and keeps its times but for the first: compilers and caches warm up. */
async function repeat(seconds: number, time: () => Promise<() => void>) {
  const end = performance.now() + 1e3 * seconds;
  for (let t = 0; t < 10 || performance.now() < end; t++) {
    const keep = await time();
    if (t >= 5) keep();
  }
}

/** Something that takes time, while the event loop has nothing else to do than to look at the clock. */
async function watch(begin: () => Promise<unknown>) {
  let turn = 0;
  let over = false;
  const start = performance.now();
  const work = begin();
  let last = performance.now();
  const call = last - start;
  const look = () => {
    const now = performance.now();
    turn = Math.max(turn, now - last);
    last = now;
    if (!over) setImmediate(look);
  };
  setImmediate(look);
  await work;
  const asynchronous = performance.now() - start;
  over = true;
  await new Promise((resolve) => setImmediate(resolve));
  return { call, turn, asynchronous };
}

/** As long as this, nothing. */
async function looks(milliseconds: number) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
}

function held(milliseconds: number[]): Held {
  const sorted = milliseconds.map((time) => 1e3 * time).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  return { median: at(0.5), percentile95: at(0.95) };
}
