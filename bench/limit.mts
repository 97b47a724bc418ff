import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Tensors } from './tensors.mts';

/** See limit.cpp. */
interface Addon {
  prepare(states: number, tensors: Float32Array[], arena: Float32Array): Limits;
}

/** The two forms of the loop, bound to tensors. */
interface Limits {
  plain(threads: number): void;
  tuned(threads: number): void;
}

const file = new URL('../build-bench/Release/limit.node', import.meta.url).pathname;

/** Elements of a page. */
const PAGE = 1024;

/** The limit loops over the streams of an optimizer with so many states. */
export function prepareLimits(tensors: Tensors, states: number): Limits {
  if (!existsSync(file)) throw new Error(`Expected ${file}, which 'npm run bench' builds`);
  const addon = createRequire(import.meta.url)(file) as Addon;
  const { count, length } = tensors.shape;
  const arena = new Float32Array(count * states * (length + PAGE)).fill(1);
  const streams = tensors.parameters.flatMap((parameter, i) => [parameter, tensors.gradients[i]]);
  return addon.prepare(states, streams, arena);
}
