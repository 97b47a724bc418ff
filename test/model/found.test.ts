import { expect, test } from 'vitest';
import { Adam, configure, SGD } from '../../lib/index.js';
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

test('an option that needs a new state leaves the others alone, also where a parameter is gone', () => {
  // The average of parameters was read from them again, only to be overwritten; that error had no code.
  const w = Float32Array.of(1);
  const optimizer = new Adam([w], { averageDecay: 0.5 });
  structuredClone(w.buffer, { transfer: [w.buffer] });
  optimizer.amsgrad = true;
  expect(Object.keys(optimizer.stateDict().groups[0]?.tensors[0]?.state ?? {})).toContain(
    'maxSquareAverage',
  );
});

test('an average cannot begin with a parameter that is gone', () => {
  const w = Float32Array.of(1);
  const optimizer = new SGD([w]);
  structuredClone(w.buffer, { transfer: [w.buffer] });
  const state = optimizer.stateDict();
  expect(() => {
    optimizer.averageDecay = 0.5;
  }).toThrow(expect.objectContaining({ name: 'RangeError', code: 'ERR_TENSOR_DETACHED' }));
  expect(optimizer.stateDict()).toEqual(state);
});
