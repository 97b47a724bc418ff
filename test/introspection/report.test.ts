import { describe, expect, test } from 'vitest';
import { configure, type Isa, SGD, type StepResult, type TensorReport } from '../../lib/index.js';
import { around } from '../around/options.js';
import { ordinaryValue } from '../bits.js';
import { engines } from '../engines.js';
import { possible, type Storage, storagesOf, tensorOf } from '../storages.js';
import { type AnyOptimizer, extremes, type Options, optimizers } from '../variants.js';

// test/around/same-bits.test.ts compares the bits of reports between engines. Here they are compared with what the tensors
// before and after a step say.

type Floats = Float32Array | Float64Array;

/** The numbers that memory holds: 16-bit floats have a sign, so many bits of exponent, and a fraction. */
function numbersOf(tensor: Floats | Uint16Array, dtype: Storage['dtype']): number[] {
  if (!(tensor instanceof Uint16Array)) return [...tensor];
  const exponentBits = dtype === 'bfloat16' ? 8 : 5;
  const fractionBits = 15 - exponentBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  return [...tensor].map((code) => {
    const exponent = (code >> fractionBits) & (2 ** exponentBits - 1);
    const fraction = (code & (2 ** fractionBits - 1)) / 2 ** fractionBits;
    const size =
      exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
    return code >> 15 ? -size : size;
  });
}

/** sqrt(sum of x * x), summed with the errors of the additions (Neumaier): right to a few units of the last place. */
function norm(numbers: readonly number[]): number {
  let [sum, rest] = [0, 0];
  for (const x of numbers) {
    const square = x * x;
    const next = sum + square;
    rest += sum > square ? sum - next + square : square - next + sum;
    sum = next;
  }
  return Math.sqrt(sum + rest);
}

/**
 * How far a norm may be from that, by its size: 128 squares are added one after the other in each of 32 places, then 5 times
 * in pairs, then so many chunks; the square root halves the error, which leaves room for those of the squares.
 */
const bound = (length: number) => (128 + 5 + length / 4096) * 2 ** -53;

interface Case {
  options: Options;
  round: (x: number) => number;
  dtype: Storage['dtype'];
  tensor: (length: number, seed: number) => Floats | Uint16Array;
}

/** The gradient of an update, from those of the calls that are summed for it, in the arithmetic of the tensor. */
function gradientOf(
  { options, round, dtype }: Case,
  calls: (Floats | Uint16Array)[],
  lossScale: number,
): number[] {
  const { clipValue = Number.POSITIVE_INFINITY } = options as Record<string, number>;
  const unscaled = calls.map((call) =>
    numbersOf(call, dtype).map((g) => (lossScale === 1 ? g : round(g * round(1 / lossScale)))),
  );
  const sums = unscaled.reduce((sum, call) => sum.map((s, i) => round(s + (call[i] as number))));
  const means = sums.map((s) => (calls.length > 1 ? round(s / calls.length) : s));
  return means.map((g) => Math.min(Math.max(g, -round(clipValue)), round(clipValue)));
}

function expectToTell(
  report: TensorReport | undefined,
  gradient: readonly number[],
  before: readonly number[],
  after: readonly number[],
) {
  const updates = after.map((p, i) => p - (before[i] as number));
  const rates = updates.flatMap((u, i) =>
    gradient[i] ? Math.abs(u / (gradient[i] as number)) : [],
  );
  for (const [found, numbers] of [
    [report?.gradientNorm, gradient],
    [report?.updateNorm, updates],
    [report?.parameterNorm, after],
  ] as const) {
    const expected = norm(numbers);
    expect(Math.abs((found as number) - expected)).toBeLessThanOrEqual(
      bound(numbers.length) * expected,
    );
  }
  const zeros = updates.filter((u) => u === 0).length;
  expect(report?.zeroUpdateFraction).toBe(updates.length === 0 ? 0 : zeros / updates.length);
  expect(report?.largestRate).toBe(rates.reduce((most, rate) => Math.max(most, rate), 0));
}

/** Some updates, each with the calls that it needs; tensor 1 has no gradient in the second one. */
function compare(Class: (typeof optimizers)[number]['Class'], given: Case) {
  configure({ isa: engines[0] as Isa });
  const { options, dtype, tensor } = given;
  const { accumulationSteps = 1 } = options as { accumulationSteps?: number };
  const lengths = [5, 37, 0, 4133];
  const params = lengths.map((length, i) => tensor(length, i));
  const optimizer: AnyOptimizer = new Class(params, options);
  const zeroUpdates: number[] = [];
  for (let t = 0; t < 3; t++) {
    const before = params.map((p) => numbersOf(p, dtype));
    const { lossScale } = optimizer as unknown as { lossScale: number };
    const calls: (Floats | Uint16Array)[][] = [];
    let result: StepResult | undefined;
    for (let call = 0; call < accumulationSteps; call++) {
      expect(result?.report).toBe(undefined);
      const own = lengths.map((length, i) => tensor(length, 10 * (t + 1) + 100 * call + i));
      calls.push(own.map((gradient) => gradient.slice()));
      result = optimizer.stepWithReport(
        own.map((gradient, i) => (t === 1 && i === 1 ? null : gradient)),
      );
    }
    const { report = [], gradientNorms } = result as StepResult;
    const updated = [...lengths.keys()].filter((i) => !(t === 1 && i === 1));
    expect(report.map(({ group, name }) => [group, name])).toEqual(updated.map((i) => [0, `${i}`]));
    for (const [k, i] of updated.entries()) {
      const own = calls.map((gradients) => gradients[i] as Floats);
      const gradient = gradientOf(given, own, lossScale);
      const after = numbersOf(params[i] as Floats, dtype);
      expectToTell(report[k], gradient, before[i] as number[], after);
      if (gradientNorms) expect(report[k]?.gradientNorm).toBe(gradientNorms[i]);
      zeroUpdates.push(report[k]?.zeroUpdateFraction as number);
    }
    if (t === 1 && accumulationSteps > 1) break; // what tensor 1 has summed is left for later
  }
  return zeroUpdates;
}

const float32: Omit<Case, 'options'> = {
  round: Math.fround,
  dtype: 'array',
  tensor: (length, seed) => new Float32Array(length).map((_, i) => ordinaryValue(seed, i)),
};
const float64: Omit<Case, 'options'> = {
  round: (x) => x,
  dtype: 'array',
  tensor: (length, seed) => new Float64Array(length).map((_, i) => ordinaryValue(seed, i)),
};

describe.each(optimizers)('$name tells what it does to each tensor', ({ rule, Class }) => {
  test('of float32 and float64', () => {
    for (const options of extremes(rule)) {
      compare(Class, { ...float32, options });
      compare(Class, { ...float64, options: { ...options, weightDecay: 0.01 } });
    }
  });

  test.each(storagesOf(rule))('stored as $dtype, $stateType, copy $masterCopy', (storage) => {
    const [options] = extremes(rule, (variant) => possible(variant, storage));
    const zeroUpdates = compare(Class, {
      round: Math.fround,
      dtype: storage.dtype,
      options: { ...options, ...storage },
      tensor: (length, seed) => tensorOf(storage, length, (i) => ordinaryValue(seed, i)) as Floats,
    });
    // Of small updates most are lost in 16 bits.
    if (storage.dtype === 'bfloat16' && Class === optimizers[0]?.Class) {
      expect(Math.max(...zeroUpdates)).toBeGreaterThan(0.5);
    }
  });
});

test.each(around)('with %o around the step', (options) => {
  compare(optimizers[0]?.Class as never, { ...float32, options });
  compare(optimizers[0]?.Class as never, { ...float64, options });
});

const extremeCases = [
  {
    does: 'what has no gradient',
    params: Float32Array.of(3, 4),
    gradient: [3, 0],
    told: [3, 3, 4, 0.5, 1],
  },
  {
    does: 'no gradient at all',
    params: Float32Array.of(3, 4),
    gradient: [0, -0],
    told: [0, 0, 5, 1, 0],
  },
  {
    does: 'NaN',
    params: Float32Array.of(1, 3),
    gradient: [Number.NaN, 3],
    told: [Number.NaN, Number.NaN, Number.NaN, 0, Number.NaN],
  },
  {
    does: 'what becomes infinite',
    params: Float32Array.of(1, 0, 4),
    gradient: [Number.POSITIVE_INFINITY, 0, 0],
    told: [Number.NaN, Number.NaN, Number.NaN, 2 / 3, Number.NaN],
  },
  {
    does: 'an infinite gradient where a bound holds the parameter',
    params: Float32Array.of(1),
    gradient: [Number.POSITIVE_INFINITY],
    options: { lowerBound: -2 },
    told: [Number.NaN, 3, 2, 0, 0],
  },
  {
    does: 'squares beyond float64',
    params: Float64Array.of(1e200),
    gradient: [-1e200],
    options: { learningRate: 3 },
    told: [
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      0,
      3e200 / 1e200,
    ],
  },
  {
    does: 'weight decay of what has hardly any gradient',
    params: Float64Array.of(2),
    gradient: [5e-324],
    options: { weightDecay: 0.5, weightDecayMode: 'decoupled' },
    told: [0, 1, 1, 0, Number.POSITIVE_INFINITY],
  },
  {
    does: 'an update that is too small for the parameter',
    params: Float32Array.of(2 ** 25),
    gradient: [0.5],
    told: [0.5, 0, 2 ** 25, 1, 0],
  },
] as const;

describe.each(engines)('on %s', (isa: Isa) => {
  test.each(extremeCases)('a report tells of $does', (given) => {
    configure({ isa });
    const { params, gradient, told } = given;
    const options = 'options' in given ? given.options : {};
    const p = params.slice();
    const optimizer = new SGD(p, { learningRate: 1, ...options });
    const [report, ...others] =
      optimizer.stepWithReport((p.constructor as typeof Float32Array).from(gradient)).report ?? [];
    const { group, name, ...numbers } = report as TensorReport;
    expect([group, name, ...others]).toEqual([0, '0']);
    expect(Object.values(numbers)).toEqual(told);
  });

  test('only what was updated has a report, each with its group and name', async () => {
    configure({ isa });
    const groups = () => [
      { params: { w: Float32Array.of(1), b: Float32Array.of(1) } },
      { params: Float32Array.of(1), learningRate: 0.5 },
      { params: [new Float64Array(0), Float64Array.of(1)] },
    ];
    const g = Float32Array.of(1);
    const gradients = [{ w: g, b: null }, g, [new Float64Array(0), Float64Array.of(2)]];
    const optimizer = new SGD(groups(), { learningRate: 0.25 });
    const { report } = optimizer.stepWithReport(gradients as never);
    expect(report?.map(({ group, name, updateNorm }) => [group, name, updateNorm])).toEqual([
      [0, 'w', 0.25],
      [1, '0', 0.5],
      [2, '0', 0],
      [2, '1', 0.5],
    ]);
    const other = new SGD(groups(), { learningRate: 0.25 });
    expect(await other.stepAsync(gradients as never, { report: true })).toEqual(
      new SGD(groups(), { learningRate: 0.25 }).stepWithReport(gradients as never),
    );
    expect((await other.stepAsync(gradients as never)).report).toBe(undefined);
  });

  test('what updates nothing has no report', () => {
    configure({ isa });
    const p = Float32Array.of(1);
    const optimizer = new SGD(p, { onNonFinite: 'skip', accumulationSteps: 2, learningRate: 1 });
    const step = (g: number) => optimizer.stepWithReport(Float32Array.of(g));
    expect(step(1)).toMatchObject({ updated: false, report: undefined });
    expect(step(Number.NaN)).toMatchObject({ updated: false, report: undefined });
    expect(step(3)).toMatchObject({ updated: true, report: [{ gradientNorm: 2, updateNorm: 2 }] });
    expect(p[0]).toBe(-1);
  });

  test('a report is left alone by the next step, which makes none', () => {
    configure({ isa });
    const optimizer = new SGD(Float32Array.of(1), { learningRate: 1 });
    const first = optimizer.stepWithReport(Float32Array.of(2));
    const kept = structuredClone(first);
    const second = optimizer.step(Float32Array.of(3));
    expect(second.report).toBe(undefined);
    expect(optimizer.stepWithReport(Float32Array.of(4)).report?.[0]?.gradientNorm).toBe(4);
    expect(first).toEqual(kept);
    expect(optimizer.step(Float32Array.of(3))).toBe(second);
  });
});
