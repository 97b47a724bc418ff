import { describe, expect, test } from 'vitest';
import { configure, Rprop, SGD, type SGDOptions } from '../../lib/index.js';
import {
  arrayTypes,
  type DataType,
  dataTypes,
  ordinaryValue,
  place,
  type Tensor,
} from '../bits.js';
import { engines } from '../engines.js';
import { formats, fusedMultiplyAdd } from '../exact.js';

type Numbers = readonly number[];

/** Parameters after calls of `step` by gradient descent at rate 1, which shows what became of gradients: p = p - g. */
function after(
  options: SGDOptions,
  starts: readonly Numbers[],
  calls: readonly (readonly (Numbers | null)[])[],
  type: DataType = 'float64',
) {
  const View = arrayTypes[type];
  const params = starts.map((start) => View.from(start));
  const optimizer = new SGD(params as Float64Array[], { learningRate: 1, ...options });
  const results = calls.map((gradients) => {
    const tensors = gradients.map((gradient) => gradient && View.from(gradient));
    return { ...optimizer.step(tensors as Float64Array[]) };
  });
  return { params: params.map((p) => [...p]), results, optimizer };
}

interface ByHand {
  does: string;
  options: SGDOptions;
  /** Zeros, if not given. */
  starts?: Numbers[];
  /** The gradients of every call, tensor by tensor. */
  calls: (Numbers | null)[][];
  expected: Numbers[];
}

// Worked on paper, in numbers that are exact in every type: p = start - what became of the gradient.
const byHand: ByHand[] = [
  {
    does: 'every number is clipped to plus or minus clipValue',
    options: { clipValue: 0.5 },
    calls: [[[-3, 0.25, 2, -0.5]]],
    expected: [[0.5, -0.25, -0.5, 0.5]],
  },
  {
    does: 'the norm 5 of a tensor is clipped to 2.5, and that of another, 1.25, is left',
    options: { clipNorm: 2.5 },
    calls: [
      [
        [3, -4],
        [0.75, 1],
      ],
    ],
    expected: [
      [-1.5, 2],
      [-0.75, -1],
    ],
  },
  {
    does: 'the norm 5 of all tensors together is clipped to 2.5',
    options: { clipGlobalNorm: 2.5 },
    calls: [[[3], [-4], [0]]],
    expected: [[-1.5], [2], [0]],
  },
  {
    does: 'tensors are clipped before all are: four norms of 10 to 2.5, whose norm is 5, to 2.5',
    options: { clipNorm: 2.5, clipGlobalNorm: 2.5 },
    calls: [[[6, 8], [10], [-10], [8, 6]]],
    expected: [[-0.75, -1], [-1.25], [1.25], [-1, -0.75]],
  },
  {
    does: 'a tensor without a gradient has no part in the norm of all',
    options: { clipGlobalNorm: 2.5 },
    calls: [[[3, 4], null]],
    expected: [[-1.5, -2], [0]],
    starts: [[0, 0], [0]],
  },
  {
    does: 'gradients are divided by the scale of the loss',
    options: { lossScale: 4 },
    calls: [[[2, -1]]],
    expected: [[-0.5, 0.25]],
  },
  {
    does: 'three calls make an update with the mean',
    options: { accumulationSteps: 3 },
    calls: [[[1, 0]], [[4, 0]], [[-2, 6]]],
    expected: [[-1, -2]],
  },
  {
    does: 'two calls of three make no update',
    options: { accumulationSteps: 3 },
    calls: [[[1, 0]], [[4, 0]]],
    expected: [[0, 0]],
  },
  {
    does: 'a null gradient adds nothing to the sum',
    options: { accumulationSteps: 2 },
    calls: [
      [null, [1]],
      [[3], [1]],
    ],
    starts: [[0], [0]],
    expected: [[-1.5], [-1]],
  },
  {
    does: 'a null gradient in the call that makes the update keeps the sum for the next',
    options: { accumulationSteps: 2 },
    calls: [
      [[3], [1]],
      [null, [1]],
      [[2], [0]],
      [[1], [0]],
    ],
    starts: [[0], [0]],
    expected: [[-3], [-1]],
  },
  {
    does: 'parameters come back to their bounds',
    options: { lowerBound: -1, upperBound: 0.5 },
    starts: [[0, 0, 0, 7]],
    calls: [[[4, -4, 0.25, 0]]],
    expected: [[-1, 0.5, -0.25, 0.5]],
  },
  {
    does: 'a bound of NaN parameters leaves them NaN',
    options: { lowerBound: -1, upperBound: 1 },
    calls: [[[Number.NaN]]],
    expected: [[Number.NaN]],
  },
  // The order: each case would come out otherwise if its two things changed places.
  {
    does: 'the scale is divided out before the sum: 4 / 4 + 8 / 4, halved',
    options: { lossScale: 4, accumulationSteps: 2 },
    calls: [[[4]], [[8]]],
    expected: [[-1.5]],
  },
  {
    does: 'the scale is divided out before clipping by value: 8 / 4 to 1',
    options: { lossScale: 4, clipValue: 1 },
    calls: [[[8, 2]]],
    expected: [[-1, -0.5]],
  },
  {
    does: 'the mean comes before clipping by value: (8 - 4) / 2 to 1',
    options: { accumulationSteps: 2, clipValue: 1 },
    calls: [[[8]], [[-4]]],
    expected: [[-1]],
  },
  {
    does: 'clipping by value comes before that by norm: [3, 4] of [3, 8], norm 5, to 2.5',
    options: { clipValue: 4, clipNorm: 2.5 },
    calls: [[[3, 8]]],
    expected: [[-1.5, -2]],
  },
  {
    does: 'clipping comes before weight decay: 1 + 0.5 * 8',
    options: { clipNorm: 1, weightDecay: 0.5 },
    starts: [[8]],
    calls: [[[3]]],
    expected: [[3]],
  },
  {
    does: 'clipping comes before the sign of maximize',
    options: { clipValue: 1, maximize: true },
    calls: [[[3]]],
    expected: [[1]],
  },
  {
    does: 'clipping comes before the rule: momentum remembers 1, and not 3',
    options: { clipValue: 1, momentum: 0.5 },
    calls: [[[3]], [[0]]],
    expected: [[-1.5]],
  },
  {
    does: 'bounds come after weight decay: 8 * (1 - 0.5) - 1 to 2',
    options: { weightDecay: 0.5, weightDecayMode: 'decoupled', upperBound: 2 },
    starts: [[8]],
    calls: [[[1]]],
    expected: [[2]],
  },
];

describe.each(engines)('on %s', (isa) => {
  for (const type of dataTypes) {
    test.each(byHand)(`${type}: $does`, ({ options, starts, calls, expected }) => {
      configure({ isa });
      const zeros = expected.map((tensor) => tensor.map(() => 0));
      expect(after(options, starts ?? zeros, calls, type).params).toEqual(expected);
    });
  }

  test('the rule sees the sum once, and counts one step', () => {
    configure({ isa });
    const w = Float32Array.of(0);
    const optimizer = new Rprop([w], { learningRate: 1, etaPlus: 2, accumulationSteps: 2 });
    const seen = [-3, 1, -1, -1].map((g) => {
      optimizer.step([Float32Array.of(g)]);
      return w[0];
    });
    expect(seen).toEqual([0, 1, 1, 3]);
    expect(optimizer.stateDict().groups[0]?.tensors[0]?.step).toBe(2);
  });

  test('accumulationSteps holds from the next call on, also in the middle of a sum', () => {
    configure({ isa });
    const w = Float64Array.of(0);
    const optimizer = new SGD([w], { learningRate: 1, accumulationSteps: 4 });
    const call = (g: number) => optimizer.step([Float64Array.of(g)]).updated;
    expect([call(1), call(2)]).toEqual([false, false]);
    optimizer.accumulationSteps = 1;
    expect(call(6)).toBe(true);
    expect(w[0]).toBe(-3); // the mean of three
    expect(call(1)).toBe(true);
    expect(w[0]).toBe(-4);
    optimizer.accumulationSteps = 2;
    expect([call(1), call(3)]).toEqual([false, true]);
    expect(w[0]).toBe(-6);
  });

  test('a group that is added in the middle of a sum takes part in it, also if it is to end now', () => {
    configure({ isa });
    const [a, b] = [Float64Array.of(0), Float64Array.of(0)];
    const optimizer = new SGD([{ params: a }], { learningRate: 1, accumulationSteps: 3 });
    optimizer.step([Float64Array.of(4)]);
    optimizer.accumulationSteps = 1;
    const grown = optimizer.addGroup({ params: b });
    expect(grown.step([Float64Array.of(2), Float64Array.of(2)]).updated).toBe(true);
    expect([a[0], b[0]]).toEqual([-3, -1]); // the mean of two calls, of which the first had nothing for b
  });

  test('other options that change in the middle of a sum hold for the calls after', () => {
    configure({ isa });
    const w = Float64Array.of(0);
    const optimizer = new SGD([w], { learningRate: 1, accumulationSteps: 2, lossScale: 4 });
    optimizer.step([Float64Array.of(4)]);
    Object.assign(optimizer, { lossScale: 2, learningRate: 0.5, clipValue: 1.5 });
    optimizer.step([Float64Array.of(14)]);
    expect(w[0]).toBe(-0.75); // (4 / 4 + 14 / 2) / 2 = 4, clipped to 1.5, at half the rate
  });

  test.each(dataTypes)('%s: all together, in plain JavaScript, to the bit', (type) => {
    configure({ isa });
    const lengths = [5, 70];
    const params = lengths.map((n, k) => place(type, n, 0, (i) => ordinaryValue(k, i)).tensor);
    const optimizer = new SGD(params as Float64Array[], all);
    const expected = byFormulas(type, params);
    for (let call = 0; call < 6; call++) {
      const gradients = lengths.map(
        (n, k) => place(type, n, 0, (i) => 4 * ordinaryValue(10 * call + k, i)).tensor,
      );
      const result = optimizer.step(gradients as Float64Array[]);
      expected.call(gradients);
      expect(result.updated).toBe(call % 3 === 2);
      expect(result.gradientNorm).toBe(expected.norm());
      expect(params.map((p) => [...p])).toEqual(expected.params);
    }
    const { tensors } = optimizer.stateDict().groups[0] as { tensors: { state: object }[] };
    const averages = tensors.map(
      ({ state }) => (state as { parameterAverage: Tensor }).parameterAverage,
    );
    expect(averages.map((average) => [...average])).toEqual(expected.averages);
  });
});

const all = {
  learningRate: 0.3,
  lossScale: 3,
  accumulationSteps: 3,
  clipValue: 0.7,
  clipNorm: 0.8,
  clipGlobalNorm: 0.6,
  weightDecay: 0.03,
  lowerBound: -0.2,
  upperBound: 0.4,
  averageDecay: 0.9,
  measureNorms: true,
} as const;

/** The same as an optimizer with all these options does, number by number. */
function byFormulas(type: DataType, starts: readonly Tensor[]) {
  const round = type === 'float32' ? Math.fround : (x: number) => x;
  const fma = (a: number, b: number, c: number) => fusedMultiplyAdd(formats[type], a, b, c);
  const clip = (x: number, least: number, most: number) => Math.min(Math.max(x, least), most);
  const eachOf = (tensors: readonly Numbers[], of: (x: number, k: number, i: number) => number) =>
    tensors.map((tensor, k) => tensor.map((x, i) => of(x, k, i)));
  const clipValue = round(all.clipValue);
  const [minusRate, decay] = [round(-all.learningRate), round(all.weightDecay)];
  const [lower, upper] = [round(all.lowerBound), round(all.upperBound)];
  const newcomer = round(1 - all.averageDecay);

  const self = {
    params: starts.map((p) => [...p]),
    averages: starts.map((p) => [...p]),
    sums: starts.map((p) => [...p].fill(0)),
    calls: 0,
    updates: 0,
    /** That of the gradients of the last call. */
    norm: () => Math.sqrt(self.measured.reduce((sum, tensor) => sum + sumOfSquares(tensor), 0)),
    measured: [] as number[][],
    call(gradients: readonly Tensor[]) {
      const unscale = round(1 / all.lossScale);
      self.sums = eachOf(self.sums, (sum, k, i) =>
        round(sum + round((gradients[k]?.[i] as number) * unscale)),
      );
      self.measured = self.sums;
      if (++self.calls < all.accumulationSteps) return;
      const means = eachOf(self.sums, (sum) => round(sum / all.accumulationSteps));
      const byValue = eachOf(means, (g) => clip(g, -clipValue, clipValue));
      self.measured = byValue;
      const norms = byValue.map((tensor) => Math.sqrt(sumOfSquares(tensor)));
      // What is left is under the limit or has just it.
      const left = norms.map((norm, k) =>
        norm > all.clipNorm ? all.clipNorm ** 2 : sumOfSquares(byValue[k] as number[]),
      );
      const whole = Math.sqrt(left.reduce((sum, square) => sum + square, 0));
      const multipliers = norms.map((norm) =>
        round((norm > all.clipNorm ? all.clipNorm / norm : 1) * (all.clipGlobalNorm / whole)),
      );
      expect(whole).toBeGreaterThan(all.clipGlobalNorm);
      const clipped = eachOf(byValue, (g, k) => round(g * (multipliers[k] as number)));
      self.params = eachOf(self.params, (p, k, i) =>
        clip(fma(minusRate, fma(decay, p, clipped[k]?.[i] as number), p), lower, upper),
      );
      self.averages = eachOf(self.params, (p, k, i) => {
        const average = self.averages[k]?.[i] as number;
        return self.updates === 0 ? p : fma(newcomer, round(p - average), average);
      });
      self.sums = eachOf(self.sums, () => 0);
      self.calls = 0;
      self.updates++;
    },
  };
  return self;
}

/** Of up to 4096 numbers, as docs/around-the-step.md has it: 32 sums, which are then added in pairs. */
function sumOfSquares(tensor: Numbers): number {
  const lanes = new Array<number>(32).fill(0);
  for (const [i, g] of tensor.entries()) (lanes[i % 32] as number) += g * g;
  const inPairs = (list: number[]): number => {
    const half = list.length / 2;
    if (half < 1) return list[0] as number;
    return inPairs(list.slice(0, half).map((x, i) => x + (list[half + i] as number)));
  };
  return inPairs(lanes);
}
