import { expect } from 'vitest';
import { loadCheckpoint, RMSprop } from '../../lib/index.js';

/** An optimizer that is going to be offered bad files; what it holds is not what they hold. */
export function victim() {
  const w = Float32Array.of(7, 8, 9);
  const b = Float64Array.of(10);
  const mean = Uint8Array.of(11, 12);
  const optimizer = new RMSprop({ w, b }, { momentum: 0.5 });
  optimizer.step({ w: Float32Array.of(1, 2, 3), b: Float64Array.of(4) });
  const snapshot = () => structuredClone({ w, b, mean, state: optimizer.stateDict() });
  const before = snapshot();
  return {
    load: (path: string) => loadCheckpoint(path, { optimizer, tensors: { mean } }),
    expectUnchanged: () => expect(snapshot()).toEqual(before),
  };
}
