import { expect, test } from 'vitest';
import { configure, SGD } from '../../lib/index.js';
import { engines } from '../engines.js';

// What random commands have found, one case each, so that it stays found.

test.each(engines)('on %s, a tensor without elements needs no memory', async (isa) => {
  // The reference made a view of the detached buffer, and its error had no code.
  configure({ isa });
  const gone = new Float32Array(0);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const w = Float32Array.of(1);
  const optimizer = new SGD([new Float32Array(0), w], { learningRate: 1 });
  optimizer.step([gone, Float32Array.of(1)]);
  await optimizer.stepAsync([gone, Float32Array.of(1)]);
  expect(w).toEqual(Float32Array.of(-1));
});
