import { setImmediate } from 'node:timers/promises';
import { onAbort } from './abort.js';
import { memoryFault, resizableFault } from './check.js';
import type { BackgroundStep, Plan } from './engine.js';
import type { Parameter } from './params.js';

/** So many tensors are looked up before the event loop has its turn: a few microseconds' worth. */
const SLICE = 64;

/** Whether an asynchronous step of so many tensors looks them all up as it is asked for. */
export function fitsOneSlice(count: number): boolean {
  return count <= SLICE;
}

/**
 * Makes a step in the engine's threads; where none are to be had, in a turn of the event loop. Resolves to false if any memory
 * is not what it should be: nothing has been written then.
 *
 * @param gradientsWritten whether the step writes gradients, too
 */
export async function stepInBackground(
  plan: Plan,
  parameters: readonly Parameter[],
  gradients: readonly unknown[],
  gradientsWritten: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { inBackground } = plan;
  if (inBackground) {
    const made = await stepInThreads(inBackground, parameters, gradients, signal);
    if (made !== 'no thread') return made === 'done';
  }
  await setImmediate();
  signal?.throwIfAborted();
  const fault =
    memoryFault(parameters, gradients, gradientsWritten) ??
    resizableFault(parameters, gradients, 0, gradients.length);
  if (fault) throw fault;
  return plan.step(gradients);
}

/**
 * Makes a step in the engine's threads. Resolves to whether it was made: `'refused'` if any memory is not what it should be,
 * `'no thread'` if the system has none to give. Nothing has been written then.
 */
async function stepInThreads(
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
