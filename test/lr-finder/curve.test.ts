import { describe, expect, test } from 'vitest';
import { type LrFinderOptions, lrFinder, SGD } from '../../lib/index.js';
import { steepestDescent } from '../../lib/lr-finder/suggestion.js';
import { hash } from '../bits.js';
import { curveOf } from './curve-of.js';

/** Noise of mean 0 and about one standard deviation. */
const noise = (seed: number, i: number) =>
  [0, 1, 2, 3].reduce((sum, k) => sum + hash(4000 * seed + 4 * i + k) / 2 ** 32 - 0.5, 0) * 1.732;

/** Gradient descent on curvature / 2 * p^2 from 1, whose minimum is `floor`. */
function bowl(curvature: number, floor = 0, options: LrFinderOptions = {}) {
  const p = Float64Array.of(1);
  const optimizer = new SGD(p);
  const batch = () => {
    const x = p[0] as number;
    return { loss: floor + (curvature / 2) * x * x, gradients: Float64Array.of(curvature * x) };
  };
  return lrFinder(optimizer, batch, options);
}

describe('rates', () => {
  test.each([
    [{}, 100, 1e-7, 10],
    [{ minimum: 3e-5, maximum: 0.7, steps: 7 }, 7, 3e-5, 0.7],
    [{ minimum: 2, maximum: 3e38, steps: 50 }, 50, 2, 3e38],
    [{ minimum: 5e-324, maximum: 1e-300, steps: 9 }, 9, 5e-324, 1e-300],
    [{ steps: 1 }, 1, 1e-7, 1e-7],
  ])('%o: the same ratio between any two, and both ends', async (options, count, first, last) => {
    const { rates, end } = await curveOf(() => 1, options);
    expect(end).toBe('maximum');
    expect([rates.length, rates[0], rates.at(-1)]).toEqual([count, first, last]);
    const exact = (i: number) =>
      Math.log(first) + ((Math.log(last) - Math.log(first)) * i) / (count - 1);
    for (const [i, rate] of rates.entries()) {
      // Numbers near the least one have few digits.
      if (i > 0 && rate > 1e-300) expect(Math.abs(Math.log(rate) - exact(i))).toBeLessThan(1e-11);
    }
  });

  test('are those of the first group; the others keep their ratios, and each step has its own', async () => {
    const [a, b, c] = [0, 1, 2].map(() => Float64Array.of(0)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const optimizer = new SGD([
      { params: a, learningRate: 0.5 },
      { params: b, learningRate: 0.125 },
      { params: c, learningRate: 0 },
    ]);
    const one = Float64Array.of(-1);
    const seen: number[][] = [];
    const { rates } = await lrFinder(
      optimizer,
      () => {
        seen.push([a, b, c].map((p) => p[0] as number));
        return { loss: 1, gradients: [one, one, one] };
      },
      { steps: 20 },
    );
    let sum = 0;
    let quarter = 0;
    for (const [i, rate] of rates.entries()) {
      expect(seen[i]).toEqual([sum, quarter, 0]);
      sum += rate;
      quarter += rate / 4;
    }
    expect(optimizer.groups.map(({ learningRate }) => learningRate)).toEqual([0.5, 0.125, 0]);
  });
});

test.each([0, 0.5, 0.9, 0.98])('smoothing %d is what its sum says', async (smoothing) => {
  const loss = (i: number) => 3 + noise(1, i);
  const { losses, smoothedLosses } = await curveOf(loss, { smoothing, divergence: 1e30 });
  expect(losses).toEqual(Float64Array.from({ length: 100 }, (_, i) => loss(i)));
  for (const [i, smoothed] of smoothedLosses.entries()) {
    let sum = 0;
    let weights = 0;
    for (let k = 0; k <= i; k++) {
      const weight = smoothing ** (i - k);
      sum += weight * loss(k);
      weights += weight;
    }
    expect(smoothed).toBeCloseTo(sum / weights, 12);
  }
});

describe.each([0.1, 1, 30, 1e4])('gradient descent in a bowl of curvature %d', (curvature) => {
  test('the losses are those of the closed form', async () => {
    const { rates, losses } = await bowl(curvature, 0, { divergence: 1e30 });
    let x = 1;
    for (const [i, rate] of rates.entries()) {
      const expected = (curvature / 2) * x * x;
      expect(Math.abs((losses[i] as number) - expected)).toBeLessThanOrEqual(1e-9 * expected);
      x *= 1 - rate * curvature;
    }
  });

  // d loss / d log rate is least where 2 * curvature * rate is the logarithm of the ratio of two rates.
  test('the suggestion is where the closed form falls most steeply', async () => {
    const { rates, suggestion, rateAtMinimum } = await bowl(curvature);
    const ratio = (rates[1] as number) / (rates[0] as number);
    const steepest = Math.log(ratio) / (2 * curvature);
    expect(Math.abs(Math.log((suggestion as number) / steepest))).toBeLessThan(2 * Math.log(ratio));
    expect(rateAtMinimum).toBeGreaterThan(suggestion as number);
    expect(suggestion).toBeLessThan(2 / curvature);
  });

  test.runIf(curvature >= 30)(
    'it stops where rates above 2 / curvature have blown it up',
    async () => {
      const { rates, losses, smoothedLosses, end } = await bowl(curvature, 1, { smoothing: 0 });
      expect(end).toBe('diverged');
      expect(losses).toEqual(smoothedLosses);
      expect(rates.at(-1)).toBeGreaterThan(2 / curvature);
      let best = Number.POSITIVE_INFINITY;
      for (const [i, loss] of losses.entries()) {
        expect(loss > 4 * best).toBe(i === losses.length - 1);
        best = Math.min(best, loss);
      }
    },
  );
});

test.each([
  // A loss of -1 may rise as far as one of 1.
  ['divergence of losses above 0', [1, 3.9, 4.1], 3, 'diverged'],
  ['divergence of losses below 0', [-1, 1.9, 2.1], 3, 'diverged'],
  ['losses below 0 that rise a little', [-100, -99, 0, 199], 4, 'maximum'],
  ['a NaN', [1, Number.NaN, 1], 2, 'not finite'],
  ['an infinity', [Number.POSITIVE_INFINITY, 1], 1, 'not finite'],
  ['minus infinity', [1, Number.NEGATIVE_INFINITY, 1], 2, 'not finite'],
] as const)('%s', async (_, losses, seen, end) => {
  const loss = (i: number) => losses[i] as number;
  const curve = await curveOf(loss, { steps: losses.length, smoothing: 0 });
  expect(curve.end).toBe(end);
  expect([...curve.losses]).toEqual(losses.slice(0, seen));
});

test('divergence is an option', async () => {
  const options = { smoothing: 0, divergence: 2, steps: 3 };
  expect((await curveOf((i) => [1, 1.9, 2.1][i] as number, options)).end).toBe('diverged');
  expect((await curveOf((i) => [1, 1.9, 1.99][i] as number, options)).end).toBe('maximum');
});

describe('no suggestion', () => {
  test.each<[string, (i: number) => number]>([
    ['constant losses', () => 2.3],
    ['constant losses of 0', () => 0],
    ['losses that only rise', (i) => 1 + i / 100],
    ['no finite loss', () => Number.NaN],
    ['a loss by itself that is less', (i) => (i === 50 ? 1 : 2)],
    ['losses that fall behind the least smoothed one', (i) => 1 + (i < 30 ? i : 60 - i) / 1000],
  ])('for %s', async (_, loss) => {
    const { suggestion } = await curveOf(loss, { steps: 60 });
    expect(suggestion).toBe(undefined);
  });

  test.each([1, 2, 4])('for %d losses', async (steps) => {
    expect((await curveOf((i) => 9 - i, { steps })).suggestion).toBe(undefined);
  });

  test('for noise alone, but for a few series of a hundred', () => {
    const series = Array.from({ length: 1000 }, (_, seed) =>
      Float64Array.from({ length: 100 }, (_, i) => noise(seed, i)),
    );
    const found = series.filter((losses) => steepestDescent(losses, 100, 99) !== undefined);
    expect(found.length).toBeLessThan(40);
  });
});

test('noise moves the suggestion by less than half a decade', async () => {
  // Falls from 2.3 to 0.3 as a logistic curve, most steeply at step 60; the noise is that of small batches.
  const clean = (i: number) => 0.3 + 2 / (1 + Math.exp((i - 60) / 4));
  for (let seed = 1; seed <= 20; seed++) {
    const { rates, suggestion } = await curveOf((i) => clean(i) + 0.1 * noise(seed, i));
    const decades = Math.log10((suggestion as number) / (rates[60] as number));
    expect(Math.abs(decades)).toBeLessThan(0.5);
  }
});

test('a long fall suggests its steepest place, however the losses are scaled', async () => {
  const loss = (i: number) => 0.3 + 2 / (1 + Math.exp((i - 60) / 4));
  for (const scale of [1e-200, 1e-3, 1e3, 1e150]) {
    const { rates, suggestion } = await curveOf((i) => scale * loss(i));
    expect(suggestion).toBe(rates[60]);
  }
});

test('progress tells all that the curve has', async () => {
  const seen: unknown[] = [];
  const { rates, losses, smoothedLosses } = await curveOf((i) => 5 - i, {
    steps: 3,
    onProgress: (progress) => seen.push(progress),
  });
  expect(seen).toEqual(
    [0, 1, 2].map((i) => ({
      step: i + 1,
      steps: 3,
      learningRate: rates[i],
      loss: losses[i],
      smoothedLoss: smoothedLosses[i],
    })),
  );
});
