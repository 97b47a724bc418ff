import { readFileSync } from 'node:fs';
import { RMSprop, saveCheckpoint } from '../../lib/index.js';
import { inFolder } from './folder.js';

/** Where a good file is, and where bad ones are that are made of it. */
export const good = inFolder('good');
export const bad = inFolder('bad');

/** Returns its bytes. */
export async function saveGood(): Promise<Buffer> {
  const params = { w: Float32Array.of(1, 2, 3), b: Float64Array.of(4) };
  const optimizer = new RMSprop(params, { momentum: 0.5 });
  optimizer.step({ w: Float32Array.of(1, 1, 1), b: Float64Array.of(1) });
  await saveCheckpoint(good, { optimizer, tensors: { mean: Uint8Array.of(5, 6) } });
  return readFileSync(good);
}
