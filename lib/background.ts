import { setImmediate } from 'node:timers/promises';
import { onAbort } from './abort.js';
import { resizableFault } from './check.js';
import type { BackgroundStep } from './engine.js';
import type { Parameter } from './params.js';

/** So many tensors are looked up before the event loop has its turn: a few microseconds' worth. */
const SLICE = 64;

/** Whether an asynchronous step of so many tensors looks them all up as it is asked for. */
export function fitsOneSlice(count: number): boolean {
  return count <= SLICE;
}

/**
 * Makes a step in the engine's threads. Resolves to whether it was made: `'refused'` if any memory is not what it should be,
 * `'no thread'` if the system has none to give. Nothing has been written then.
 */
export async function stepInBackground(
  step: BackgroundStep,
  parameters: readonly Parameter[],
  gradients: readonly unknown[],
  signal: AbortSignal | undefined,
): Promise<'done' | 'refused' | 'no thread'> {
  const count = parameters.length;
  let started = false;
  try {
    for (let from = 0; from < count; from += SLICE) {
      if (!fitsOneSlice(count)) await setImmediate();
      const to = Math.min(from + SLICE, count);
      if (!step.hold(gradients, from, to)) return 'refused';
      const fault = resizableFault(parameters, gradients, from, to);
      if (fault) throw fault;
    }
    signal?.throwIfAborted();
    return await new Promise((resolve, reject) => {
      const stop = onAbort(signal, () => {
        if (!started || !step.cancel()) return;
        stop();
        reject(signal?.reason);
      });
      try {
        started = step.start(() => {
          stop();
          resolve('done');
        });
      } finally {
        if (!started) stop();
      }
      if (!started) resolve('no thread');
    });
  } finally {
    if (!started) step.letGo();
  }
}
