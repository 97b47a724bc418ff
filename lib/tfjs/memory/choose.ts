import { backend } from '@tensorflow/tfjs-core';
import { CopiedMemory } from './copied.js';
import { CpuMemory } from './cpu.js';
import type { BackendMemory } from './memory.js';
import { WasmMemory } from './wasm.js';

let last: { backend: object; memory: BackendMemory } | undefined;

/** The memory of the backend in use. What was known of another one is forgotten: variables move when it changes. */
export function currentMemory(): BackendMemory {
  const now = backend();
  if (last?.backend !== now) {
    const memory = WasmMemory.of(now) ?? CpuMemory.of(now) ?? new CopiedMemory();
    last = { backend: now, memory };
  }
  return last.memory;
}
