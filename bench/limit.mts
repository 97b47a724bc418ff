import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createStates, type Tensors } from './tensors.mts';

/** Binds a loop to tensors: parameter, gradient, states, parameter, gradient, ... */
type Loop = (states: number, tensors: Float32Array[]) => (threads: number) => void;

/** See limit.cpp. */
interface Addon {
  plain: Loop;
  tuned: Loop;
}

const file = new URL('../build-bench/Release/limit.node', import.meta.url).pathname;

/** Both limit loops over the streams of an optimizer with so many states. */
export function prepareLimits(tensors: Tensors, states: number) {
  if (!existsSync(file)) throw new Error(`Expected ${file}, which 'npm run bench' builds`);
  const addon = createRequire(import.meta.url)(file) as Addon;
  const memory = createStates(tensors, states);
  const streams = tensors.parameters.flatMap((parameter, i) => [
    parameter,
    tensors.gradients[i],
    ...memory[i],
  ]);
  return { plain: addon.plain(states, streams), tuned: addon.tuned(states, streams) };
}
