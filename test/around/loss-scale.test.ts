import { describe, expect, test } from 'vitest';
import { configure, SGD } from '../../lib/index.js';
import { engines } from '../engines.js';

const good = () => Float32Array.of(1);
const bad = () => Float32Array.of(Number.POSITIVE_INFINITY);

describe.each(engines)('on %s', (isa) => {
  // + is a finite gradient, - one that is not; the scale after each.
  test.each<[string, object, string, number[]]>([
    [
      'halves, and doubles after 2 in a row',
      { lossScale: 8, lossScaleGrowthInterval: 2 },
      '-+-++++',
      [4, 4, 2, 2, 4, 4, 8],
    ],
    [
      'stays until the interval is over',
      { lossScale: 8, lossScaleGrowthInterval: 5 },
      '++++-++++',
      [8, 8, 8, 8, 4, 4, 4, 4, 4],
    ],
    ['is not halved below 1', { lossScale: 3 }, '----', [1.5, 1, 1, 1]],
    ['that is below 1 stays', { lossScale: 0.25 }, '--', [0.25, 0.25]],
    ['below 1 doubles', { lossScale: 0.25, lossScaleGrowthInterval: 1 }, '+++-', [0.5, 1, 2, 1]],
    [
      'is not doubled above 2^126',
      { lossScale: 2 ** 124 * 1.5, lossScaleGrowthInterval: 1 },
      '+++',
      [2 ** 125 * 1.5, 2 ** 126, 2 ** 126],
    ],
    [
      'counts updates, and not the calls between',
      { lossScale: 8, lossScaleGrowthInterval: 2, accumulationSteps: 2 },
      '+++-++',
      [8, 8, 8, 4, 4, 4],
    ],
  ])('a dynamic scale %s', (_, options, calls, scales) => {
    configure({ isa });
    const optimizer = new SGD([Float32Array.of(0)], { dynamicLossScale: true, ...options });
    const seen = [...calls].map((call) => {
      const { updated } = optimizer.step([call === '+' ? good() : bad()]);
      if (call === '-') expect(updated).toBe(false);
      return optimizer.lossScale;
    });
    expect(seen).toEqual(scales);
  });

  test.each(['propagate', 'skip'] as const)(
    'skips gradients that are not finite where onNonFinite is %s',
    (onNonFinite) => {
      configure({ isa });
      const weights = Float32Array.of(1);
      const optimizer = new SGD(weights, { dynamicLossScale: true, lossScale: 8, onNonFinite });
      expect(optimizer.step(bad()).updated).toBe(false);
      expect([weights[0], optimizer.lossScale]).toEqual([1, 4]);
    },
  );

  test('doubles after 2000 good steps, by default', () => {
    configure({ isa });
    const optimizer = new SGD([Float32Array.of(0)], { dynamicLossScale: true, lossScale: 4 });
    for (let t = 0; t < 1999; t++) optimizer.step([good()]);
    expect(optimizer.lossScale).toBe(4);
    optimizer.step([good()]);
    expect(optimizer.lossScale).toBe(8);
  });

  test('a dynamic scale of all groups holds for the next step', () => {
    configure({ isa });
    const [a, b] = [Float32Array.of(0), Float32Array.of(0)];
    const optimizer = new SGD([{ params: a }, { params: [b] }], {
      learningRate: 1,
      dynamicLossScale: true,
      lossScale: 8,
    });
    optimizer.step([good(), [bad()]]);
    optimizer.step([Float32Array.of(8), [Float32Array.of(12)]]);
    expect([a[0], b[0]]).toEqual([-2, -3]);
  });

  test('steps that wait keep the scale of their gradients, and one scale is halved once', async () => {
    configure({ isa });
    const w = Float32Array.of(0);
    const options = { learningRate: 1, dynamicLossScale: true, lossScale: 8 };
    const optimizer = new SGD([w], options);
    const steps = [bad(), bad(), Float32Array.of(8)].map((g) => optimizer.stepAsync([g]));
    const results = await Promise.all(steps);
    expect(results.map(({ updated }) => updated)).toEqual([false, false, true]);
    expect(optimizer.lossScale).toBe(4);
    expect(w[0]).toBe(-1);
  });

  test.each([
    ['smaller', 2, 2],
    ['larger', 64, 4],
  ])('a %s scale that is set while a step overflows with 8', async (_, set, left) => {
    configure({ isa });
    const optimizer = new SGD([Float32Array.of(0)], { dynamicLossScale: true, lossScale: 8 });
    const step = optimizer.stepAsync([bad()]);
    optimizer.lossScale = set;
    await step;
    expect(optimizer.lossScale).toBe(left);
  });

  test('a scale that is set while a step would double another stays', async () => {
    configure({ isa });
    const options = { dynamicLossScale: true, lossScale: 8, lossScaleGrowthInterval: 1 };
    const optimizer = new SGD([Float32Array.of(0)], options);
    const step = optimizer.stepAsync([good()]);
    optimizer.lossScale = 32;
    await step;
    expect(optimizer.lossScale).toBe(32);
  });
});
