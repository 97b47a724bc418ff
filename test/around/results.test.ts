import { describe, expect, test } from 'vitest';
import { configure, SGD, type SGDOptions } from '../../lib/index.js';
import { engines } from '../engines.js';

const g = (...values: number[]) => Float32Array.from(values);

describe.each(engines)('on %s, the result of a step', (isa) => {
  const make = (options: SGDOptions) => {
    configure({ isa });
    return new SGD([g(0, 0), g(0)], options);
  };

  test('has the norms of gradients, and of all, before they are clipped by norms', () => {
    const optimizer = make({ clipNorm: 0.5, clipValue: 4 });
    const { updated, gradientNorm, gradientNorms } = optimizer.step([g(-3, 9), g(12)]);
    expect({ updated, gradientNorm }).toEqual({ updated: true, gradientNorm: Math.sqrt(41) });
    expect(gradientNorms).toEqual(Float64Array.of(5, 4));
    expect(optimizer.step([null, g(2)]).gradientNorms).toEqual(Float64Array.of(0, 2));
  });

  // What has to be measured, when updates are made and when gradients are only added to a sum.
  test.each<[SGDOptions, boolean, boolean]>([
    [{}, false, false],
    [{ clipValue: 1, lossScale: 2, averageDecay: 0.5, zeroGradients: true }, false, false],
    [{ clipNorm: 1 }, true, false],
    [{ clipGlobalNorm: 1 }, true, false],
    [{ onNonFinite: 'skip' }, true, true],
    [{ onNonFinite: 'throw' }, true, true],
    [{ dynamicLossScale: true }, true, true],
    [{ measureNorms: true }, true, true],
  ])('with %j has norms: %s; in the middle of a sum: %s', (options, always, inSums) => {
    const optimizer = make(options);
    const measured = () => optimizer.step([g(3, 4), g(0)]);
    const lossScale = options.lossScale ?? 1;
    expect(measured().gradientNorm).toBe(always ? 5 / lossScale : undefined);
    optimizer.accumulationSteps = 2;
    const first = measured();
    expect(first).toMatchObject({ updated: false, gradientNorm: inSums ? 5 : undefined });
    expect(first.gradientNorms).toEqual(inSums ? Float64Array.of(5, 0) : undefined);
    expect(measured()).toMatchObject({ updated: true, gradientNorm: always ? 5 : undefined });
  });

  test('in the middle of a sum has the norm of the sum so far, and in the end that of the mean', () => {
    const optimizer = make({ measureNorms: true, accumulationSteps: 3, clipValue: 3 });
    const norms = [1, 2, 5].map((x) => optimizer.step([g(3 * x, 4 * x), null]).gradientNorm);
    expect(norms).toEqual([5, 15, Math.sqrt(18)]); // means of 8 and 10.67, clipped to 3
  });

  test('is the same object every time; that of stepAsync is its own', async () => {
    const optimizer = make({ measureNorms: true });
    const first = optimizer.step([g(3, 4), g(0)]);
    expect(optimizer.step([g(0, 0), g(7)])).toBe(first);
    expect(first.gradientNorms).toEqual(Float64Array.of(0, 7));
    const [a, b] = await Promise.all([
      optimizer.stepAsync([g(3, 4), g(0)]),
      optimizer.stepAsync([g(0, 0), g(9)]),
    ]);
    expect([a?.gradientNorm, b?.gradientNorm]).toEqual([5, 9]);
    expect(a?.gradientNorms).toEqual(Float64Array.of(5, 0));
  });

  test('may be written to, and its memory be transferred away', async () => {
    const optimizer = make({ clipGlobalNorm: 1, learningRate: 1 });
    const { gradientNorms } = optimizer.step([g(3, 4), g(0)]);
    gradientNorms?.fill(0);
    structuredClone(gradientNorms, { transfer: [gradientNorms?.buffer as ArrayBuffer] });
    for (const result of [
      await optimizer.stepAsync([g(3, 4), g(0)]),
      optimizer.step([g(3, 4), g(0)]),
    ]) {
      expect(result.gradientNorms).toEqual(Float64Array.of(5, 0));
    }
  });
});
