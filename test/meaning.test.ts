import { describe, expect, test } from 'vitest';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Lion,
  NAdam,
  presets,
  RMSprop,
  Rprop,
  ScheduleFreeAdamW,
  ScheduleFreeRMSprop,
  SGD,
} from '../lib/index.js';

const f64 = (...values: number[]) => Float64Array.from(values);

/** The parameter after each of some steps from `start` with these gradients. */
function path(
  make: (params: Float64Array) => { step(gradients: Float64Array): void },
  gradients: readonly number[],
  start = 1,
) {
  const p = f64(start);
  const optimizer = make(p);
  return gradients.map((g) => {
    optimizer.step(f64(g));
    return p[0] as number;
  });
}

describe("the article's formula, w -= lr * g / sqrt(v + epsilon)", () => {
  test('holds for the defaults, over many steps', () => {
    const gradients = Array.from({ length: 50 }, (_, t) => Math.sin(3 * t) * 2 ** (t % 7));
    let [w, v] = [1, 0];
    const expected = gradients.map((g) => {
      v = 0.9 * v + 0.1 * g * g;
      w -= (0.001 * g) / Math.sqrt(v + 1e-7);
      return w;
    });
    const actual = path((p) => new RMSprop(p), gradients);
    for (const [t, x] of actual.entries()) expect(x).toBeCloseTo(expected[t] as number, 14);
  });
});

describe('one step by hand', () => {
  // Start at 1, gradient 2, rate 0.5; epsilon so large that its place shows. Worked on paper, in exact terms.
  test.each<[string, (p: Float64Array) => { step(gradients: Float64Array): void }, number]>([
    ['gradient descent: 1 - .5 * 2', (p) => new SGD(p, { learningRate: 0.5 }), 0],
    ['gradient ascent: 1 + .5 * 2', (p) => new SGD(p, { learningRate: 0.5, maximize: true }), 2],
    [
      'l2 weight decay: 1 - .5 * (2 + .5 * 1)',
      (p) => new SGD(p, { learningRate: 0.5, weightDecay: 0.5 }),
      -0.25,
    ],
    [
      'decoupled weight decay: 1 * (1 - .5 * .5) - .5 * 2',
      (p) => new SGD(p, { learningRate: 0.5, weightDecay: 0.5, weightDecayMode: 'decoupled' }),
      -0.25,
    ],
    [
      'the first momentum step is the whole gradient, dampened or not',
      (p) => new SGD(p, { learningRate: 0.5, momentum: 0.9, dampening: 0.5 }),
      0,
    ],
    [
      'Nesterov: 1 - .5 * (2 + .5 * 2)',
      (p) => new SGD(p, { learningRate: 0.5, momentum: 0.5, nesterov: true }),
      -0.5,
    ],
    [
      'epsilon inside: v = .75 * 4 = 3; 1 - .5 * 2 / sqrt(3 + 1)',
      (p) => new RMSprop(p, { learningRate: 0.5, decay: 0.25, epsilon: 1 }),
      0.5,
    ],
    [
      'epsilon outside: v = .25 * 4 = 1; 1 - .5 * 2 / (1 + 1)',
      (p) =>
        new RMSprop(p, { learningRate: 0.5, decay: 0.75, epsilon: 1, epsilonPlacement: 'outside' }),
      0.5,
    ],
    [
      'square average from 4: v = .5 * 4 + .5 * 4 = 4; 1 - .5 * 2 / 2',
      (p) => new RMSprop(p, { learningRate: 0.5, decay: 0.5, epsilon: 0, initialSquareAverage: 4 }),
      0.5,
    ],
    [
      'centred: v = .5 * 4 = 2, m = 1, 2 - 1 = 1; 1 - .5 * 2 / 1',
      (p) => new RMSprop(p, { learningRate: 0.5, decay: 0.5, epsilon: 0, centered: true }),
      0,
    ],
    [
      'the first RMSprop step from 0 is rate / sqrt(1 - decay), whatever the gradient',
      (p) => new RMSprop(p, { learningRate: 0.5, decay: 0.75, epsilon: 0 }),
      0,
    ],
    ['the first Adam step is the rate', (p) => new Adam(p, { learningRate: 0.5, epsilon: 0 }), 0.5],
    [
      'Adam without bias correction: m = .25 * 2, v = .25 * 4; 1 - .5 * .5 / 1',
      (p) =>
        new Adam(p, {
          learningRate: 0.5,
          beta1: 0.75,
          beta2: 0.75,
          epsilon: 0,
          biasCorrection: false,
        }),
      0.75,
    ],
    [
      'the first RMSprop step with bias correction is the rate',
      (p) => new RMSprop(p, { learningRate: 0.5, epsilon: 0, biasCorrection: true }),
      0.5,
    ],
    [
      'and with epsilon outside: 1 - .5 * 2 / (2 + 2)',
      (p) =>
        new RMSprop(p, {
          learningRate: 0.5,
          epsilon: 2,
          epsilonPlacement: 'outside',
          biasCorrection: true,
        }),
      0.75,
    ],
    [
      'NAdam: mu = .5 * (1 - .5), m = 1, sqrt(v / (1 - .999)) = 2; 1 - .5 * (.75 * 2 / (1 - .25) + .25 * 1 / (1 - .25^2)) / 2',
      (p) => new NAdam(p, { learningRate: 0.5, beta1: 0.5, epsilon: 0, momentumDecay: 0 }),
      0.5 - 1 / 15,
    ],
    [
      'AdamW shrinks first: 1 * (1 - .5 * .5) - .5',
      (p) => new AdamW(p, { learningRate: 0.5, epsilon: 0, weightDecay: 0.5 }),
      0.25,
    ],
    [
      'Adagrad from 12: s = 12 + 2 * 2 = 16; 1 - .5 * 2 / (4 + 1)',
      (p) => new Adagrad(p, { learningRate: 0.5, epsilon: 1, initialAccumulator: 12 }),
      0.8,
    ],
    [
      'Adadelta: v = .25 * 4 = 1; 1 - .5 * sqrt(0 + 3) / sqrt(1 + 3) * 2',
      (p) => new Adadelta(p, { learningRate: 0.5, decay: 0.75, epsilon: 3 }),
      1 - Math.sqrt(0.75),
    ],
    [
      'Adamax: m / (1 - .5) = 2, u = 2 + 2; 1 - .5 * 2 / 4',
      (p) => new Adamax(p, { learningRate: 0.5, beta1: 0.5, epsilon: 2 }),
      0.75,
    ],
    [
      'the first Rprop step is the rate, whatever the gradient',
      (p) => new Rprop(p, { learningRate: 0.5 }),
      0.5,
    ],
    [
      'Lion shrinks first, then steps by the sign: 1 * (1 - .5 * .5) - .5',
      (p) => new Lion(p, { learningRate: 0.5, weightDecay: 0.5 }),
      0.25,
    ],
  ])('%s', (_, make, expected) => {
    expect(path(make, [2])[0]).toBeCloseTo(expected, 15);
  });

  test('bias correction of centred RMSprop is that of both averages', () => {
    const h = { learningRate: 0.5, decay: 0.5, epsilon: 1, centered: true, biasCorrection: true };
    // v = 2, m = 1: (2 - 1 / .5) / .5 = 0. Then v = 1.5, m = 1, of both 3/4: 2 - (4/3)^2 = 2/9.
    const [first, second] = path((p) => new RMSprop(p, h), [2, 1]);
    expect(first).toBe(0);
    expect(second).toBeCloseTo(-0.5 / Math.sqrt(2 / 9 + 1), 15);
  });

  test("NAdam's momentum grows: mu(t) = beta1 * (1 - .96^(t * momentumDecay) / 2)", () => {
    const h = { learningRate: 1, beta1: 0.5, beta2: 0, epsilon: 0, momentumDecay: 2 };
    const mu = (t: number) => 0.5 * (1 - 0.5 * 0.96 ** (2 * t));
    const [mu1, mu2] = [mu(1), mu(2)];
    // g = 4, then -2: m = 2, then 0; the root is 4, then 2.
    const first = -(4 * (1 - mu1)) / (1 - mu1) / 4 - (2 * mu2) / (1 - mu1 * mu2) / 4;
    const second = first + (1 - mu2) / (1 - mu1 * mu2);
    const actual = path((p) => new NAdam(p, h), [4, -2], 0);
    expect(actual[0]).toBeCloseTo(first, 7); // the product is a float32 number
    expect(actual[1]).toBeCloseTo(second, 7);
  });

  test('Adadelta gives the gradient the size of the updates so far', () => {
    const optimizer = (p: Float64Array) => new Adadelta(p, { decay: 0.75, epsilon: 3 });
    // v = 1, u = sqrt(3) / 2 * 2, w = .25 * 3 = .75; then v = 1.75, u = sqrt(3.75) / sqrt(4.75) * 2.
    const [, second] = path(optimizer, [2, 2], 0);
    expect(second).toBeCloseTo(-Math.sqrt(3) - 2 * Math.sqrt(3.75 / 4.75), 15);
  });

  test('the largest gradient of Adamax fades, until a gradient is larger', () => {
    const h = { learningRate: 1, beta1: 0, beta2: 0.5, epsilon: 0 };
    // u = 4, 2, 3, and m = g.
    const steps = path((p) => new Adamax(p, h), [-4, 1, 3], 0);
    expect(steps).toEqual([1, 0.5, -0.5]);
  });

  test('Rprop steps farther while signs stay, waits when one changes, then goes on with the smaller step', () => {
    const h = { learningRate: 1, etaPlus: 2, etaMinus: 0.25, stepMax: 4 };
    // Steps 1, 2, 4, 4: the largest; then 1, and none is made; then 1, as 0 has no sign; then 2.
    const gradients = [5, 1, 9, 1, -1, -3, -1];
    expect(path((p) => new Rprop(p, h), gradients, 0)).toEqual([-1, -3, -7, -11, -11, -10, -8]);
  });

  test('Rprop reads its rate at the first step of a tensor only', () => {
    const p = f64(0);
    const optimizer = new Rprop(p, { learningRate: 8, etaPlus: 2 });
    for (const rate of [1, 16]) {
      optimizer.learningRate = rate;
      optimizer.step(f64(3));
    }
    expect(p[0]).toBe(-3);
  });

  test('Lion follows the sign of the average, in which the present weighs more than in the one that is kept', () => {
    const h = { learningRate: 1, beta1: 0.5, beta2: 0.75 };
    // m = 0, 1, .5, 0: the signs are those of 0 + 2, .5 - .5, .25 - .75.
    expect(path((p) => new Lion(p, h), [4, -1, -1.5], 0)).toEqual([-1, -1, 0]);
  });

  describe('Schedule-Free', () => {
    // The gradients divided by their roots are 1 with beta2 or decay 0, so base parameters fall by the rate.
    const h = { learningRate: 1, beta1: 0.5, epsilon: 0 };
    const averages = (
      optimizer: { swapInAverages(): void; swapOutAverages(): void },
      p: object,
    ) => {
      optimizer.swapInAverages();
      const [average] = p as Float64Array;
      optimizer.swapOutAverages();
      return average;
    };
    const follow = (more: object, gradients: readonly number[] = [2, 3, 4]) => {
      const p = f64(0);
      const optimizer = new ScheduleFreeRMSprop(p, { ...h, decay: 0, ...more });
      return gradients.map((g) => {
        optimizer.step(f64(g));
        return [p[0], averages(optimizer, p)];
      });
    };

    test('parameters are between the base parameters and their average', () => {
      // z = -1, -2, -3, of which the averages are -1, -1.5, -2.
      expect(follow({})).toEqual([
        [-1, -1],
        [-1.75, -1.5],
        [-2.5, -2],
      ]);
    });

    test('the rate rises in the warm-up, and the average weighs its square', () => {
      // z = -.5, -1.5, -2.5 with the weights .25, 1, 1.
      const expected = [-0.5, (-0.5 * 0.25 - 1.5) / 1.25, (-0.5 * 0.25 - 1.5 - 2.5) / 2.25];
      const actual = follow({ warmUpSteps: 2 });
      for (const [t, [, average]] of actual.entries()) {
        expect(average).toBeCloseTo(expected[t] as number, 14);
      }
    });

    test('later steps weigh more, by the power r, and a smaller rate no less', () => {
      const p = f64(0);
      const optimizer = new ScheduleFreeRMSprop(p, { ...h, decay: 0, r: 1 });
      optimizer.step(f64(2));
      optimizer.learningRate = 0.5;
      optimizer.step(f64(2));
      // z = -1, -1.5 with the weights 1, 2.
      expect(averages(optimizer, p)).toBeCloseTo(-4 / 3, 14);
    });

    test('weights decay beside the root, at the parameters', () => {
      // z = 1 - (1 + .5 * 1) = -.5; then p = x = -.5, and z = -.5 - (1 - .5 * .5).
      const p = f64(1);
      const optimizer = new ScheduleFreeAdamW(p, { ...h, beta2: 0, weightDecay: 0.5 });
      optimizer.step(f64(2));
      optimizer.step(f64(2));
      expect(averages(optimizer, p)).toBeCloseTo((-0.5 - 1.25) / 2, 14);
    });

    test('AdamW corrects the root for its start, RMSprop does not', () => {
      expect(path((p) => new ScheduleFreeAdamW(p, { ...h, beta2: 0.75 }), [2], 0)).toEqual([-1]);
      expect(path((p) => new ScheduleFreeRMSprop(p, { ...h, decay: 0.75 }), [2], 0)).toEqual([-2]);
    });

    test('with a rate of 0 all stays, and the average begins when there is one', () => {
      const p = f64(3);
      const optimizer = new ScheduleFreeAdamW(p, { ...h, learningRate: 0, beta2: 0 });
      optimizer.step(f64(2));
      expect([p[0], averages(optimizer, p)]).toEqual([3, 3]);
      optimizer.learningRate = 1;
      optimizer.step(f64(2));
      expect([p[0], averages(optimizer, p)]).toEqual([2, 2]);
    });
  });

  test('the rate of Adagrad falls with the steps: rate / (1 + (t - 1) * decay)', () => {
    const h = { learningRate: 1, learningRateDecay: 1, epsilon: 0 };
    // From gradients 3 and 4 the roots are 3 and 5: 1 - 3/3 - 1/2 * 4/5.
    expect(path((p) => new Adagrad(p, h), [3, 4])).toEqual([0, -0.4]);
  });

  test('the place of the rate in momentum shows when the rate changes, and only then', () => {
    const run = (momentumScaling: 'gradient' | 'update', rates: readonly number[]) => {
      const p = f64(0);
      const h = { decay: 0, epsilon: 0, momentum: 0.5, momentumScaling } as const;
      const optimizer = new RMSprop(p, h);
      for (const rate of rates) {
        optimizer.learningRate = rate;
        optimizer.step(f64(3));
      }
      return p[0];
    };
    // decay 0 makes every quotient 1. Rates 1 and 1: b = 1, then 1.5.
    expect(run('gradient', [1, 1])).toBe(-2.5);
    expect(run('update', [1, 1])).toBe(-2.5);
    // Rates 1 and 2: -1 * 1 - 2 * (.5 * 1 + 1), and -1 - (.5 * 1 + 2).
    expect(run('gradient', [1, 2])).toBe(-4);
    expect(run('update', [1, 2])).toBe(-3.5);
  });

  test('Nesterov in RMSprop looks one step ahead: u + momentum * b', () => {
    const h = { learningRate: 1, decay: 0, epsilon: 0, momentum: 0.5, nesterov: true } as const;
    for (const momentumScaling of ['gradient', 'update'] as const) {
      expect(path((p) => new RMSprop(p, { ...h, momentumScaling }), [3, 3], 0)).toEqual([
        -1.5, -3.25,
      ]);
    }
  });

  test('a steady gradient, whose variance rounds below 0, counts as variance 0 and stays finite', () => {
    const p = new Float32Array(1000);
    const g = Float32Array.from(p, (_, i) => 1 + i / 1000);
    const optimizer = new RMSprop(p, { ...presets.pytorch, decay: 0.99, centered: true });
    for (let t = 0; t < 5000; t++) optimizer.step(g);
    const [tensor] = optimizer.stateDict().groups[0]?.tensors ?? [];
    const v = tensor?.state.squareAverage as Float32Array;
    const m = tensor?.state.gradientAverage as Float32Array;
    const negative = v.filter((x, i) => x < (m[i] as number) ** 2).length;
    expect(negative).toBeGreaterThan(0);
    expect(p.every(Number.isFinite)).toBe(true);
  });

  test('amsgrad never forgets a large gradient', () => {
    const h = { learningRate: 1, beta1: 0, beta2: 0.5, epsilon: 0 };
    const [, plain] = path((p) => new Adam(p, h), [8, 1], 0) as [number, number];
    const [, ams] = path((p) => new Adam(p, { ...h, amsgrad: true }), [8, 1], 0) as [
      number,
      number,
    ];
    // v = 32, then 16.5; largest 32. Bias correction at t = 2: 1 - .25.
    expect(plain).toBeCloseTo(-1 - 1 / Math.sqrt(16.5 / 0.75), 14);
    expect(ams).toBeCloseTo(-1 - 1 / Math.sqrt(32 / 0.75), 14);
  });
});
